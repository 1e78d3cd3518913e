/** Reads a file of configuration into a raw value: data by its format, modules by evaluating them. Checks nothing. */
import { extname } from 'node:path';
import { visible } from '../primitives/path.ts';
import type { ConfigStyle } from './check.ts';
import { ConfigUnreadableError } from './errors.ts';
import { placeOf, syntaxError } from './excerpt.ts';
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
    case '.mjs': {
      const { evaluateModule } = await import('./evaluate.ts');
      return { value: await evaluateModule(found, cacheDirectory), style: 'module' };
    }
    case '.json':
      return { value: parseJson(file, text), style: 'json' };
    case '.yaml':
    case '.yml': {
      const { parseYaml } = await import('./yaml.ts');
      return { value: parseYaml(file, text) ?? {}, style: 'kebab' };
    }
    case '.toml': {
      const { parseToml } = await import('./toml.ts');
      const table = parseToml(file, text);
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
    throw syntaxError(file, text, placeOf(text, jsonFaultOffset(text)), 'this is not JSON', cause);
  }
}
