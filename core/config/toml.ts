/** Reads TOML 1.0. Imported on demand. */
import { parse, TomlError } from 'smol-toml';
import { syntaxError } from './excerpt.ts';

/** @throws ConfigSyntaxError with the place */
export function parseToml(file: string, text: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const reason = cause.message.split('\n')[0]!.replace(/^Invalid TOML document: /, '');
    throw syntaxError(file, text, cause, reason, cause);
  }
}
