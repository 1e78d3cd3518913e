/** Folders with files for tests of the configuration. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type ConfigRequest, loadConfigs } from '../../core/config/load.ts';
import type { PycError } from '../../core/primitives/errors.ts';

/** A new folder with files; removed at the test's end. A name that ends in `/` makes a folder. */
export function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'pyc-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(path, text);
  }
  return folder;
}

/** The configurations of a folder. */
export function load(cwd: string, request: Partial<ConfigRequest> = {}) {
  return loadConfigs({ cwd, command: 'build', env: {}, architecture: 'x64', ...request });
}

/** The error that loading ends with. */
export async function failure(cwd: string, request: Partial<ConfigRequest> = {}): Promise<PycError> {
  try {
    await load(cwd, request);
  } catch (error) {
    return error as PycError;
  }
  throw new Error('nothing was refused');
}

/** Settings that keep plugins and presets out of tests that are about something else. */
export const BARE = 'preset: false, sbom: false';
