/** Projects that tests make up: few files, a lock in the standard's format, wheels made in memory. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { newFolder } from './workspace.ts';

/** A folder with these files, by their path in it. */
export function makeProject(name: string, files: Readonly<Record<string, string>>): string {
  const folder = newFolder(name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** A pyproject.toml without a build system. */
export function pyprojectOf(name: string, dependencies: readonly string[]): string {
  return `[project]\nname = "${name}"\nversion = "1.0"\nrequires-python = ">=3.9"\ndependencies = ${JSON.stringify(dependencies)}\n`;
}

export interface LockedWheel {
  readonly name: string;
  readonly version: string;
  readonly file: string;
  readonly url: string;
  /** What the lock states the file to be. */
  readonly bytes: Uint8Array;
}

/** A pylock.toml of such wheels. */
export function pylockOf(wheels: readonly LockedWheel[]): string {
  const packages = wheels.map(
    ({ name, version, file, url, bytes }) => `
[[packages]]
name = "${name}"
version = "${version}"
wheels = [{ name = "${file}", url = "${url}", size = ${bytes.length}, hashes = { sha256 = "${sha256(bytes)}" } }]
`,
  );
  return `lock-version = "1.0"\ncreated-by = "test"\n${packages.join('')}`;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
