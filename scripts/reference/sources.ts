/** The sources as text: which there are, and what each imports. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

export interface Source {
  /** Relative to the root, with `/`. */
  readonly file: string;
  readonly text: string;
  /** Imported name → the file that it comes from. */
  readonly imports: ReadonlyMap<string, string>;
}

export function readSources(root: string, folders: readonly string[]): readonly Source[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
      .filter((file) => /\.ts$/.test(file) && !/\.d\.ts$|(^|\/)(node_modules|templates)\//.test(file))
      .sort()
      .map((file) => {
        const text = readFileSync(join(root, file), 'utf8');
        return { file, text, imports: importsOf(text, file) };
      }),
  );
}

function importsOf(text: string, file: string): ReadonlyMap<string, string> {
  const statements = text.matchAll(/\bimport (?:type )?\{([^}]*)\} from '(\.[^']+)'/g);
  return new Map(
    [...statements].flatMap(([, names = '', from = '']) =>
      names
        .split(',')
        .map(
          (name) => [name.replace(/^\s*type /, '').trim(), posix.join(posix.dirname(file), from)] as const,
        ),
    ),
  );
}
