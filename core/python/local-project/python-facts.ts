/** What backends read out of a project's modules without running them: a docstring, the text given to a name. */
import { decodeSource, type Expression, readModule, type SourceModule } from '../source/index.ts';
import type { ProjectFiles } from './project-files.ts';
import { existingFile } from './text.ts';

export interface PythonFacts {
  /** Undefined where the module does not begin with a string. */
  readonly docstring: string | undefined;
  /** Values given to a name at the module's own level, in order; `unknown` for what is no literal. */
  valuesOf(name: string): readonly Expression[];
}

/** @throws SourceError for a module that cannot be read */
export function pythonFacts(files: ProjectFiles, path: string): PythonFacts {
  const bytes = files.read(existingFile(files, path));
  const module = readModule(path, bytes);
  const lines = decodeSource(path, bytes).split(/\r\n|\r|\n/);
  return {
    docstring: docstringOf(module, lines),
    valuesOf: (name) =>
      module.statements.flatMap((statement) => {
        if (statement.kind !== 'assignment' || statement.operator !== undefined) return [];
        const isOwn = statement.targets.some((target) => target.kind === 'name' && target.name === name);
        // What a block holds is not the module's own statement, whether it always runs or not.
        const indented = /^\s/.test(lines[statement.line - 1] ?? '');
        return isOwn && !indented && statement.value !== undefined ? [statement.value] : [];
      }),
  };
}

function docstringOf({ statements }: SourceModule, lines: readonly string[]): string | undefined {
  const [first] = statements;
  if (first?.kind !== 'expression' || first.value.kind !== 'string') return undefined;
  const before = lines.slice(0, first.line - 1);
  const isFirst = before.every((line) => /^\s*(?:#.*)?$/.test(line.replace(/^\ufeff/, '')));
  // Bytes and formatted strings are strings to a reader of facts, and no docstrings.
  return isFirst && /^[rRuU]?["']/.test((lines[first.line - 1] ?? '').replace(/^\ufeff/, ''))
    ? first.value.value
    : undefined;
}
