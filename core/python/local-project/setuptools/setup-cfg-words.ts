/** What setup.cfg says of a project in plain words, for a report. Directives are not followed, and nothing is refused. */
import { NotStatic } from '../not-static.ts';
import { parseConfig } from './config-parser.ts';
import { normalizedKeys } from './setup-cfg.ts';

/** As written; undefined where it is not stated, or is taken from a file or a module. */
export interface SetupCfgWords {
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly description: string | undefined;
  readonly license: string | undefined;
  readonly author: string | undefined;
  readonly authorEmail: string | undefined;
  /** Versions of Python. */
  readonly python: string | undefined;
  /** Console scripts: name → what it starts. */
  readonly scripts: Readonly<Record<string, string>>;
}

/** Undefined for what is no such file. */
export function readSetupCfgWords(text: string): SetupCfgWords | undefined {
  try {
    const sections = parseConfig(text.replace(/\r\n?/g, '\n'), 'setup.cfg');
    const metadata = normalizedKeys(sections.get('metadata') ?? new Map());
    const options = normalizedKeys(sections.get('options') ?? new Map());
    const word = (value: string | undefined) =>
      value === undefined || value === '' || /^(?:attr|file):/.test(value) ? undefined : value;
    return {
      name: word(metadata.get('name')),
      version: word(metadata.get('version')),
      description: word(metadata.get('description')),
      license: word(metadata.get('license')),
      author: word(metadata.get('author')),
      authorEmail: word(metadata.get('author_email')),
      python: word(options.get('python_requires')),
      scripts: scriptsOf(sections.get('options.entry_points')?.get('console_scripts') ?? ''),
    };
  } catch (error) {
    if (error instanceof NotStatic) return undefined;
    throw error;
  }
}

function scriptsOf(text: string): Readonly<Record<string, string>> {
  const pairs = text.split('\n').flatMap((line) => {
    const [, name, reference] = /^\s*([^=\s][^=]*?)\s*=\s*(\S.*?)\s*$/.exec(line) ?? [];
    return name === undefined || reference === undefined ? [] : [[name, reference] as const];
  });
  return Object.fromEntries(pairs);
}
