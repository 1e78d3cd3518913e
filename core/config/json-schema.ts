/** The configuration's schema as JSON Schema (draft 2020-12), for editors and the reference. */
import * as z from 'zod';
import { jsonSchema, kebabSchema } from './schema.ts';

/** @param style - `json` for JSON's and TypeScript's keys, `kebab` for TOML's and YAML's */
export function configJsonSchema(style: 'json' | 'kebab'): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(style === 'json' ? jsonSchema : kebabSchema, { io: 'input' });
  return {
    $schema,
    title: style === 'json' ? 'pycontainer.config.json' : 'pycontainer.toml and pycontainer.config.yaml',
    ...schema,
  };
}
