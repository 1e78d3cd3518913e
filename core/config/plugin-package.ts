/**
 * The npm packages that bring plugins, presets and shared configurations: where one lies, what its package.json states
 * of pycontainer, and whether that allows this version. Asked before any code of the package runs.
 */
import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { visible } from '../primitives/path.ts';
import { VERSION } from '../primitives/version.ts';
import { PluginApiError } from './errors.ts';
import { isOwnModule } from './first-party.ts';
import { type Mention, mentionIn, shownMention } from './mention.ts';

/** What is known of an installed package. */
export interface InstalledPackage {
  readonly name: string;
  /** As its package.json states it; undefined where it states none. */
  readonly version: string | undefined;
  /** Its `peerDependencies.pycontainer`. */
  readonly range: string | undefined;
}

/** A package's name in what an import names: `@acme/s3/plugin` → `@acme/s3`; undefined for paths, URLs and builtins. */
export function packageNameOf(specifier: string): string | undefined {
  if (isBuiltin(specifier)) return undefined;
  return /^(?:@[\w.~-]+\/[\w.~-]+|[\w~-][\w.~-]*)(?=\/|$)/.exec(specifier)?.[0];
}

/**
 * The package that a module would import by a name: the nearest `node_modules` above the module has it. Package
 * managers that keep none are not asked.
 *
 * @param file - absolute path of the module
 */
export function findPackage(name: string, file: string): InstalledPackage | undefined {
  for (let at = dirname(file); ; at = dirname(at)) {
    const manifest = join(at, 'node_modules', name, 'package.json');
    if (existsSync(manifest)) return readPackage(name, manifest);
    if (dirname(at) === at) return undefined;
  }
}

/**
 * Refuses a package that is made for another API than this version has. A range of `peerDependencies` is npm's: below
 * 1.0.0 the minor version counts as the major one. A pre-release of pycontainer counts as the version that it leads
 * to. What is no range (a tag, a workspace's protocol) forbids nothing.
 *
 * @throws PluginApiError
 */
export async function checkApi(
  found: InstalledPackage,
  mention: Mention,
  current: string = VERSION,
): Promise<void> {
  const { name, version, range } = found;
  if (range === undefined) return;
  const { parse, satisfies, validRange } = await import('semver');
  if (validRange(range) === null) return;
  const { major, minor, patch } = parse(current)!;
  const candidates = [current, `${major}.${minor}.${patch}`];
  if (candidates.some((one) => satisfies(one, range, { includePrerelease: true }))) return;
  const described = visible(version === undefined ? name : `${name} ${version}`);
  const shown = visible(range);
  throw new PluginApiError(
    `\`${described}\`, which ${shownMention(mention)} asks for, is made for pycontainer \`${shown}\`, and this is \`${current}\``,
    {
      hint: `install a version of \`${visible(name)}\` that is made for this one, or the pycontainer that it is made for`,
      details: mention.details,
    },
  );
}

/**
 * Checks every package that a configuration imports, before it is evaluated: those that state a pycontainer of
 * theirs must allow this one. A package that cannot be found is left to the import to complain of.
 *
 * @param text - the source of the module
 * @param file - its absolute path
 * @throws PluginApiError
 */
export async function checkImportedPackages(text: string, file: string, shown = file): Promise<void> {
  for (const specifier of new Set(importedBy(text))) {
    const name = isOwnModule(specifier) ? undefined : packageNameOf(specifier);
    const found = name === undefined ? undefined : findPackage(name, file);
    if (found?.range === undefined) continue;
    await checkApi(found, mentionIn({ file, text, shown }, undefined, specifier));
  }
}

/** What stands behind `from`, `import` and `require` in a module's source, apart from lines of comment. */
export function importedBy(text: string): readonly string[] {
  const code = text.replaceAll(/^[ \t]*(?:\/\/|\/?\*).*$/gm, '');
  const found = code.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*['"]([^'"]+)['"]/g);
  return [...found].map(([, specifier = '']) => specifier);
}

function readPackage(name: string, manifest: string): InstalledPackage {
  const { version, peerDependencies } = parsed(manifest);
  return { name, version: textOf(version), range: textOf(tableOf(peerDependencies).pycontainer) };
}

/** A package.json that cannot be read states nothing; the import says what is wrong with it. */
function parsed(manifest: string): Readonly<Record<string, unknown>> {
  try {
    return tableOf(JSON.parse(readFileSync(manifest, 'utf8')));
  } catch {
    return {};
  }
}

function tableOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
