/** TypeScript in pages: compiled with the repository's own settings, as files that exist in memory alone. */
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { type Page, root } from './markdown.ts';

export interface Snippet {
  /** As in `house-labels.ts` or `src/index.ts`; the comment in a block's first line, else a number. */
  readonly name: string;
  readonly code: string;
  readonly place: string;
}

/** The modules that a page shows. A block that names its file can be imported by others of the page. */
export function snippetsOf({ blocks }: Page): readonly Snippet[] {
  return blocks
    .filter(({ language }) => language === 'ts')
    .map(({ code, place }, index) => ({
      name: /^\/\/ ((?:[\w-]+\/)+[\w.-]+\.ts|[\w-]+\.ts)\n/.exec(code)?.[1] ?? `snippet-${index}.ts`,
      code,
      place,
    }));
}

/** What the compiler objects to, each with the snippet's place. */
export function objectionsOf(pages: readonly Page[]): readonly string[] {
  const sources = new Map<string, Snippet>();
  for (const page of pages) {
    const folder = join(root, 'test/docs/in-memory', page.path.replaceAll(/\W/g, '-'));
    for (const snippet of snippetsOf(page)) sources.set(join(folder, snippet.name), snippet);
  }
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config,
    ts.sys,
    root,
  );
  const host = ts.createCompilerHost(options, true);
  const folders = new Set([...sources.keys()].flatMap((file) => [dirname(file), dirname(dirname(file))]));
  const inMemory: ts.CompilerHost = {
    ...host,
    fileExists: (file) => sources.has(file) || host.fileExists(file),
    readFile: (file) => sources.get(file)?.code ?? host.readFile(file),
    directoryExists: (folder) => folders.has(folder) || (host.directoryExists?.(folder) ?? true),
    getSourceFile: (file, language, ...more) => {
      const code = sources.get(file)?.code;
      return code === undefined
        ? host.getSourceFile(file, language, ...more)
        : ts.createSourceFile(file, code, language);
    },
  };
  const program = ts.createProgram([...sources.keys()], options, inMemory);
  return [...sources].flatMap(([file, { place }]) => {
    const source = program.getSourceFile(file)!;
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) => `${place}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    );
  });
}
