/** What the preset takes, checked by hand: a library of schemas takes longer to load than everything else of a start. */
import type { StandardSchema } from 'pycontainer';

/** Options of the preset; none of them is needed. */
export interface DjangoOptions {
  /** How static files are collected: `read` from the sources (default), by the `host`'s Python, or not at all. */
  readonly collectstatic?: 'read' | 'host' | false;
  /** Variables for the host's Python alone. */
  readonly environment?: Readonly<Record<string, string>>;
}

interface Issue {
  readonly message: string;
  readonly path: readonly string[];
}

/** A Standard Schema (standardschema.dev, version 1). */
export const DJANGO_OPTIONS: StandardSchema<DjangoOptions | undefined> = {
  '~standard': {
    version: 1,
    vendor: 'pycontainer',
    validate(value) {
      const issues = issuesOf(value);
      return issues.length === 0 ? { value: value as DjangoOptions | undefined } : { issues };
    },
  },
};

function issuesOf(value: unknown): readonly Issue[] {
  if (value === undefined) return [];
  if (!isTable(value)) return [{ message: 'it is no table', path: [] }];
  return Object.entries(value).flatMap(([key, inner]): readonly Issue[] => {
    if (inner === undefined) return [];
    if (key === 'collectstatic') {
      const isKnown = inner === 'read' || inner === 'host' || inner === false;
      return isKnown ? [] : [{ message: 'it is none of `"read"`, `"host"` and `false`', path: [key] }];
    }
    if (key !== 'environment') return [{ message: 'there is no such option', path: [key] }];
    if (!isTable(inner)) return [{ message: 'it is no table of texts', path: [key] }];
    return Object.entries(inner).flatMap(([name, text]) =>
      typeof text === 'string' ? [] : [{ message: 'it is no text', path: [key, name] }],
    );
  });
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
