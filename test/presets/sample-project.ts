/** The projects of test/samples, seen as presets and the pipeline see them. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { resolvePresets } from '../../core/config/extension.ts';
import { type Applied, applyPreset } from '../../core/pipeline/presets.ts';
import type { Session } from '../../core/pipeline/session.ts';
import type { ResolvedConfig } from '../../core/pipeline/settings.ts';
import type { Project, Resolution } from '../../core/pipeline/values.ts';
import { silentLog } from '../../core/primitives/log.ts';
import { parsePyproject } from '../../core/python/pyproject.ts';
import { codeOf } from '../codes.ts';

export const SAMPLES = join(import.meta.dirname, '../samples');

/** A project, and what its lock has. */
export interface Case {
  /** A folder of test/samples, or an absolute path. */
  readonly project: string;
  /** As in `flask 3.1.0`; `starlette 1.0 < fastapi` names who asked for it. */
  readonly locked: readonly string[];
  readonly isPackage?: boolean;
  readonly preset?: string;
  readonly config?: Partial<ResolvedConfig>;
}

/** What a build would make of it. */
export async function applyTo(sample: Case): Promise<Applied> {
  const directory = resolve(SAMPLES, sample.project);
  const text = await readFile(join(directory, 'pyproject.toml'), 'utf8').catch(() => undefined);
  const pyproject = text === undefined ? undefined : parsePyproject(text);
  const project: Project = {
    directory,
    name: 'shop',
    isPackage: sample.isPackage ?? false,
    ...(pyproject === undefined ? {} : { pyproject }),
    scripts: Object.fromEntries((pyproject?.project?.scripts ?? []).map(({ name }) => [name, name])),
  };
  const distributions = sample.locked.map((line) => {
    const [what = '', by] = line.split(' < ');
    const [name = '', version = ''] = what.split(' ');
    return { name, version, source: 'wheel' as const, requestedBy: by === undefined ? [] : [by] };
  });
  const config = {
    directory,
    outputs: [],
    origins: Object.fromEntries(Object.keys(sample.config ?? {}).map((key) => [key, 'a test'])),
    presets: await resolvePresets(sample.preset ?? 'auto', { file: '', cacheDirectory: undefined }),
    explicitPreset: sample.preset !== undefined,
    ...sample.config,
  } as unknown as ResolvedConfig;
  const session = {
    log: silentLog,
    signal: new AbortController().signal,
    store: { directory: '/nowhere' },
  } as unknown as Session;
  return applyPreset(config, { project, distributions } as unknown as Resolution, session);
}

/** How the image starts: its command as a line, else the code of the error. */
export async function startOf(sample: Case): Promise<string> {
  let applied: Applied | undefined;
  const code = await codeOf(async () => {
    applied = await applyTo(sample);
  });
  return code ?? [...(applied?.config.entrypoint ?? []), ...(applied?.config.cmd ?? [])].join(' ');
}
