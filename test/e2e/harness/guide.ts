/** What a reader of a guide does: each command is run, and each file that a block begins with the name of is written. */

const BLOCK = /^```(\w+)\n([\s\S]*?)^```$/gm;
/** `// src/index.ts` or `# pyproject.toml`. */
const FILE = /^(?:\/\/|#) ([\w./-]+\.\w+)\n/;

/** The guide as a script for a shell, in the order of its blocks. */
export function scriptOf(page: string): string {
  return [...page.matchAll(BLOCK)]
    .map(([, language, code = '']) => (language === 'sh' ? code : written(code)))
    .join('\n');
}

function written(code: string): string {
  const file = FILE.exec(code)?.[1];
  if (file === undefined) return '';
  return `mkdir -p "$(dirname ${file})"\ncat >${file} <<'END OF FILE'\n${code}END OF FILE\n`;
}
