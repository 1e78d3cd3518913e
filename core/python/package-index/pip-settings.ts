/** What pip's settings say of indexes: `pip.conf` (an INI file) and the variables `PIP_*`. Where the files lie is not known here. */
import type { IndexStatement } from './settings.ts';
import { keyringOf, placeOf, truthOf, words } from './uv-settings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Sections that hold for an installation, the weaker first. */
const SECTIONS = ['global', 'install'] as const;

/**
 * @param text a whole `pip.conf`
 * @param directory absolute: paths are relative to the working directory, as pip takes them
 */
export function pipStatement(text: string, directory: string): IndexStatement {
  const sections = readIni(text);
  const settings = new Map(SECTIONS.flatMap((section) => [...(sections.get(section) ?? [])]));
  return statementOf((key) => settings.get(key), directory);
}

export function pipEnvironmentStatement(env: Environment, directory: string): IndexStatement {
  return statementOf((key) => env[`PIP_${key.toUpperCase().replaceAll('-', '_')}`] || undefined, directory);
}

function statementOf(get: (key: string) => string | undefined, directory: string): IndexStatement {
  const index = get('index-url') ?? get('pypi-url');
  return {
    default: index === undefined ? undefined : placeOf(index.trim(), directory),
    extra: words(get('extra-index-url')).map((word) => placeOf(word, directory)),
    links: words(get('find-links')).map((word) => placeOf(word, directory)),
    none: truthOf(get('no-index')?.trim()),
    named: [],
    keyring: keyringOf(get('keyring-provider')?.trim()),
  };
}

/** Section → key → value; values go on in lines that are indented. What is no line of such a file is passed over. */
function readIni(text: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  let section = new Map<string, string>();
  let key: string | undefined;
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    if (/^\s*(?:[#;].*)?$/.test(line)) continue;
    const header = /^\[([^\]]+)\]/.exec(line)?.[1];
    if (header !== undefined) {
      section = sections.get(header) ?? new Map<string, string>();
      sections.set(header, section);
      key = undefined;
    } else if (/^\s/.test(line) && key !== undefined) {
      section.set(key, `${section.get(key) ?? ''}\n${line.trim()}`);
    } else {
      const [, name, value = ''] = /^([^=:]+?)\s*[=:]\s*(.*)$/s.exec(line.trim()) ?? [];
      // pip takes `index_url` and `index-url` for one key.
      key = name?.toLowerCase().replaceAll('_', '-').replace(/^--/, '');
      if (key !== undefined) section.set(key, value);
    }
  }
  return sections;
}
