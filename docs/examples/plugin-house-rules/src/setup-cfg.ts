/** Older projects: what a `setup.cfg` without a pyproject.toml says of one. Its sources are copied as they lie. */
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Project } from 'pycontainer';
import { isName, normalizeName, SpecifierSet, Version } from 'pycontainer/python';

/**
 * Undefined where the folder has a pyproject.toml or no setup.cfg.
 *
 * @throws VersionError, SpecifierError for what is no version
 */
export async function findSetupCfg(directory: string): Promise<Project | undefined> {
  const hasPyproject = await stat(join(directory, 'pyproject.toml')).catch(() => undefined);
  const text = await readFile(join(directory, 'setup.cfg'), 'utf8').catch(() => undefined);
  if (hasPyproject !== undefined || text === undefined) return undefined;
  const { name, version, description, python_requires: python } = valuesOf(text);
  return {
    directory,
    name: normalizeName(name !== undefined && isName(name) ? name : basename(directory)),
    isPackage: false,
    ...(version === undefined ? {} : { version: Version.parse(version).toString() }),
    ...(description === undefined ? {} : { description }),
    ...(python === undefined ? {} : { requiresPython: SpecifierSet.parse(python).toString() }),
  };
}

/** The values on one line of `[metadata]` and `[options]`; what setuptools would compute is not among them. */
function valuesOf(text: string): Readonly<Record<string, string | undefined>> {
  const values: Record<string, string> = {};
  let section = '';
  for (const line of text.split(/\r?\n/)) {
    section = /^\[([^\]]+)\]/.exec(line)?.[1] ?? section;
    const [, key = '', value = ''] = /^([\w-]+)\s*[=:]\s*(\S.*?)\s*$/.exec(line) ?? [];
    const isStated = key !== '' && !/^(?:attr|file|find):/.test(value);
    if (isStated && (section === 'metadata' || section === 'options'))
      values[key.replaceAll('-', '_')] = value;
  }
  return values;
}
