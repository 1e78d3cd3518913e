/** Makes project folders for the tests of sources; each is removed when its test ends. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A file's text, a link's target, or a text with a mode. */
export type Made = string | { readonly link: string } | { readonly text: string; readonly mode: number };

export function projectFolder(files: Readonly<Record<string, Made>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'pyc-sources-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  for (const [path, made] of Object.entries(files)) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    if (typeof made === 'string') writeFileSync(file, made);
    else if ('link' in made) symlinkSync(made.link, file);
    else {
      writeFileSync(file, made.text);
      chmodSync(file, made.mode);
    }
  }
  return directory;
}
