/** Reads a file of configuration into a raw value: data by its format, modules by evaluating them. Checks nothing. */
import { extname } from 'node:path';
import { messageOf } from '../primitives/errors.ts';
import { visible } from '../primitives/path.ts';
import type { ConfigStyle } from './check.ts';
import { ConfigSyntaxError, ConfigUnreadableError } from './errors.ts';
import { evaluateModule } from './evaluate.ts';
import { excerpt } from './excerpt.ts';
import type { FoundConfig } from './find.ts';
import { jsonFaultOffset } from './json-fault.ts';

/** What a file holds, unchecked. */
export interface RawConfig {
  readonly value: unknown;
  readonly style: ConfigStyle;
}

/**
 * @param cacheDirectory - where transpiled modules are kept; undefined keeps none
 * @throws ConfigSyntaxError, ConfigExportError, ConfigImportError, ConfigFailedError, ConfigUnreadableError
 */
export async function readConfig(found: FoundConfig, cacheDirectory: string | undefined): Promise<RawConfig> {
  const { file, text } = found;
  switch (extname(file)) {
    case '.ts':
    case '.mts':
    case '.js':
    case '.mjs':
      return { value: await evaluateModule(found, cacheDirectory), style: 'module' };
    case '.json':
      return { value: parseJson(file, text), style: 'json' };
    case '.yaml':
    case '.yml':
      return { value: (await parseYaml(file, text)) ?? {}, style: 'kebab' };
    case '.toml': {
      const table = await parseToml(file, text);
      const tool = table.tool as Record<string, unknown> | undefined;
      return { value: file.endsWith('pyproject.toml') ? (tool?.pycontainer ?? {}) : table, style: 'kebab' };
    }
    default:
      throw new ConfigUnreadableError(`\`${visible(file)}\` is of no kind that a configuration can have`, {
        hint: 'name it `pycontainer.config.ts`, `.json`, `.yaml` or `pycontainer.toml`',
      });
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const before = text.slice(0, jsonFaultOffset(text)).split('\n');
    const reason = 'this is not JSON';
    throw syntaxError(file, text, before.length, before.at(-1)!.length + 1, reason, cause);
  }
}

async function parseToml(file: string, text: string): Promise<Record<string, unknown>> {
  const { parse, TomlError } = await import('smol-toml');
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const reason = cause.message.split('\n')[0]!.replace(/^Invalid TOML document: /, '');
    throw syntaxError(file, text, cause.line, cause.column, reason, cause);
  }
}

async function parseYaml(file: string, text: string): Promise<unknown> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text, { prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const before = text.slice(0, error.pos[0]).split('\n');
    throw syntaxError(file, text, before.length, before.at(-1)!.length + 1, error.message, error);
  }
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (cause) {
    throw syntaxError(file, text, 1, 1, messageOf(cause), cause);
  }
}

function syntaxError(
  file: string,
  text: string,
  line: number,
  column: number,
  reason: string,
  cause: unknown,
): ConfigSyntaxError {
  const said = reason.charAt(0).toLowerCase() + reason.slice(1).replace(/[.:]$/, '');
  return new ConfigSyntaxError(
    `\`${visible(file)}\` is not well-formed at line ${line}, column ${column}: ${said}\n\n${excerpt(text, line, column)}`,
    { hint: `correct line ${line}`, cause },
  );
}
