/** Reads YAML 1.2. Imported on demand. */
import { parseDocument } from 'yaml';
import { messageOf } from '../primitives/errors.ts';
import { placeOf, syntaxError } from './excerpt.ts';

/** @throws ConfigSyntaxError with the place */
export function parseYaml(file: string, text: string): unknown {
  const document = parseDocument(text, { prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) throw syntaxError(file, text, placeOf(text, error.pos[0]), error.message, error);
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (cause) {
    throw syntaxError(file, text, { line: 1, column: 1 }, messageOf(cause), cause);
  }
}
