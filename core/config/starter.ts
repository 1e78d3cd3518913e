/** The text of a first configuration. What goes into it was found out, or asked, elsewhere. */
import { visible } from '../primitives/path.ts';

/** How the file is written. */
export type StarterStyle = 'ts' | 'toml';

/** What a first configuration says. */
export interface Starter {
  /** Why it says no more, a line each. */
  readonly remarks: readonly string[];
  readonly base: string;
  readonly tags: readonly string[];
  readonly entrypoint: readonly string[];
}

/** The file's name, by style. */
export const STARTER_FILES: Readonly<Record<StarterStyle, string>> = {
  ts: 'pycontainer.config.ts',
  toml: 'pycontainer.toml',
};

/** The whole text, with a line break at its end. */
export function starterText(starter: Starter, style: StarterStyle): string {
  const { base, tags, entrypoint } = starter;
  const all: readonly [key: string, value: string | readonly string[]][] = [
    ['base', base],
    ['tags', tags],
    ['entrypoint', entrypoint],
  ];
  const values = all.filter(([, { length }]) => length > 0);
  const remarks = starter.remarks.map(visible);
  const lines =
    style === 'toml'
      ? [
          ...remarks.map((remark) => `# ${remark}`),
          ...values.map(([key, value]) => `${key} = ${literal(value, '"')}`),
        ]
      : [
          "import { defineConfig } from 'pycontainer';",
          '',
          ...remarks.map((remark) => `// ${remark}`),
          'export default defineConfig({',
          ...values.map(([key, value]) => `  ${key}: ${literal(value, "'")},`),
          '});',
        ];
  return `${lines.join('\n')}\n`;
}

function literal(value: string | readonly string[], quote: string): string {
  if (typeof value !== 'string') return `[${value.map((item) => literal(item, quote)).join(', ')}]`;
  // What JSON leaves alone and TOML does not allow.
  const text = JSON.stringify(value).replaceAll('\u007f', '\\u007f');
  return quote === "'" && !/['\\]/.test(text) ? `'${text.slice(1, -1)}'` : text;
}
