/** The sources as text: which there are, what each imports, and the literals in them. */
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
      .filter((file) => /\.ts$/.test(file) && !/\.d\.ts$|(^|\/)node_modules\//.test(file))
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

/** The literal at an offset as text, where there is one; what a template fills in is `…`, and it ends at a line break. */
export function literalAt(
  text: string,
  start: number,
): { readonly text: string; readonly end: number } | undefined {
  const quote = text[start];
  if (quote !== '`' && quote !== "'" && quote !== '"') return undefined;
  let said = '';
  let at = start + 1;
  while (at < text.length && text[at] !== quote) {
    if (quote === '`' && text.startsWith('${', at)) {
      at = expressionEnd(text, at + 2);
      said += '…';
    } else if (text[at] === '\\') {
      said += text[at + 1] === 'n' ? '\n' : (text[at + 1] ?? '');
      at += 2;
    } else {
      said += text[at];
      at += 1;
    }
  }
  return { text: said.split('\n')[0]!.replaceAll('|', '\\|'), end: at + 1 };
}

/** Behind the `}` that ends a template's expression, which may hold braces and literals itself. */
function expressionEnd(text: string, start: number): number {
  let depth = 1;
  let at = start;
  while (at < text.length && depth > 0) {
    const literal = literalAt(text, at);
    if (literal !== undefined) {
      at = literal.end;
      continue;
    }
    if (text[at] === '{') depth += 1;
    if (text[at] === '}') depth -= 1;
    at += 1;
  }
  return at;
}
