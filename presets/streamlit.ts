/** Streamlit: finds the script of the application by reading the sources, and runs it without a browser. Nothing is imported or executed. */
import { definePreset, type PresetInput, type PresetReason } from 'pycontainer';
import { type Expression, resolveExpression, type SourceTree, type Statement } from 'pycontainer/python';
import { isAside } from './application/aside.ts';
import { PresetAmbiguousError, PresetNoApplicationError } from './application/errors.ts';
import { isBesideThePoint, treeOf } from './application/place.ts';
import { relevantFiles } from './application/relevance.ts';

/** Where `streamlit run` looks by itself. */
const USUAL = 'streamlit_app.py';
const PORT = 8501;
const WAY_OUT = (file: string): string =>
  `state it in the configuration: \`entrypoint = ["python", "-m", "streamlit", "run", "${file}", "--server.headless", "true"]\``;

/** A script, and the line that makes it one. */
interface Script {
  readonly file: string;
  readonly line: number;
}

export default definePreset({
  name: 'streamlit',
  async detect(input) {
    if (!input.explicit && !input.distributions.some(({ name }) => name === 'streamlit')) return undefined;
    const found = await search(input, await treeOf(input));
    if (found === undefined) return undefined;
    const { file, line } = found;
    if (input.project.isPackage) {
      throw new PresetNoApplicationError(
        `\`${file}\` is a Streamlit application, but of a package only its modules are in the image, not its files`,
        { hint: 'remove `[build-system]` from pyproject.toml, so that the sources are copied as they lie' },
      );
    }
    const reasons: PresetReason[] = [
      { message: `\`${file}\` is a Streamlit application`, file, line },
      {
        message: `it listens on port ${PORT}, and answers \`/_stcore/health\``,
        keys: ['ports', 'stopSignal'],
      },
    ];
    return {
      config: {
        entrypoint: ['python', '-m', 'streamlit', 'run', file, '--server.headless', 'true'],
        ports: [PORT],
        stopSignal: 'SIGTERM',
        env: { PYTHONUNBUFFERED: '1', PYTHONFAULTHANDLER: '1' },
      },
      reasons,
    };
  },
});

async function search(input: PresetInput, tree: SourceTree): Promise<Script | undefined> {
  const found: Script[] = [];
  const imported = new Set<string>();
  const pages = new Set<string>();
  const relevant = await relevantFiles(input, tree, 'streamlit');
  for (const path of tree.paths.filter((one) => relevant.has(one))) {
    // `pages/` beside a script holds the other pages of its application.
    if (isAside(path) || /(?:^|\/)pages\//.test(path)) continue;
    try {
      const { statements } = await tree.load(path);
      const line = await lineOfOutput(tree, path, statements);
      if (line !== undefined) found.push({ file: path, line });
      for (const name of modulesIn(tree, path, statements)) imported.add(name);
      for (const page of pagesIn(statements)) pages.add(page);
    } catch (error) {
      if (!(await isBesideThePoint(input, error, 'streamlit'))) throw error;
    }
  }
  const usual = found.find(({ file }) => file === USUAL);
  if (usual !== undefined) return usual;
  const scripts = found.filter(({ file }) => !imported.has(file) && !pages.has(file));
  if (scripts.length === 1) return scripts[0];
  if (scripts.length > 1) {
    const list = scripts.map(({ file, line }) => `\`${file}\` (line ${line})`);
    throw new PresetAmbiguousError(`several files could be the Streamlit application: ${list.join(', ')}`, {
      hint: WAY_OUT(scripts[0]!.file),
      details: scripts.map(({ file, line }) => ({ target: file, file, line })),
    });
  }
  if (!input.explicit) return undefined;
  throw new PresetNoApplicationError('no Streamlit application was found in the sources', {
    hint: WAY_OUT(USUAL),
  });
}

/** The line of a call of Streamlit's that runs with the script, or of what it guards with `__name__`. */
async function lineOfOutput(
  tree: SourceTree,
  path: string,
  statements: readonly Statement[],
): Promise<number | undefined> {
  const module = tree.moduleOf(path);
  const isUser = statements.some(
    (statement) =>
      (statement.kind === 'import' || statement.kind === 'from') &&
      /^streamlit(?:\.|$)/.test(statement.module),
  );
  if (!isUser) return undefined;
  for (const statement of statements) {
    if (statement.kind !== 'expression' && statement.kind !== 'assignment') continue;
    const { value } = statement;
    if (value?.kind !== 'call') continue;
    // A Streamlit script is run as the main module.
    if (statement.runs === 'main') return statement.line;
    const object =
      module === undefined
        ? { kind: 'external' as const, name: (namesOf(value.callee)[0] ?? '').replace(/^st$/, 'streamlit') }
        : await resolveExpression(tree, module, value.callee);
    if (object?.kind === 'external' && /^streamlit(?:\.|$)/.test(object.name)) return statement.line;
  }
  return undefined;
}

/** The project's files that a script imports: those are no scripts themselves. */
function modulesIn(tree: SourceTree, path: string, statements: readonly Statement[]): string[] {
  const own = tree.moduleOf(path)?.split('.').slice(0, -1) ?? [];
  return statements.flatMap((statement) => {
    if (statement.kind === 'import') return tree.pathOf(statement.module) ?? [];
    if (statement.kind !== 'from') return [];
    const above = statement.level === 0 ? [] : own.slice(0, own.length - statement.level + 1);
    const base = [...above, ...(statement.module === '' ? [] : [statement.module])].join('.');
    return [tree.pathOf(base), tree.pathOf(`${base}.${statement.name}`)].flatMap((file) => file ?? []);
  });
}

/** Files that `st.Page('file.py')` names. */
function pagesIn(statements: readonly Statement[]): string[] {
  return statements.flatMap((statement): string[] => {
    if (statement.kind === 'function') return pagesIn(statement.body);
    if (statement.kind === 'expression' || statement.kind === 'return') return pagesOf(statement.value);
    return statement.kind === 'assignment' && statement.value !== undefined ? pagesOf(statement.value) : [];
  });
}

function pagesOf(expression: Expression): string[] {
  switch (expression.kind) {
    case 'list':
    case 'tuple':
      return expression.items.flatMap(pagesOf);
    case 'dict':
      return expression.items.flatMap(([, value]) => pagesOf(value));
    case 'call': {
      const [first] = expression.arguments;
      const isPage = namesOf(expression.callee).at(-1) === 'Page';
      if (isPage && first?.value.kind === 'string') return [first.value.value.replace(/^\.\//, '')];
      return expression.arguments.flatMap(({ value }) => pagesOf(value));
    }
    default:
      return [];
  }
}

function namesOf(expression: Expression): readonly string[] {
  if (expression.kind === 'name') return [expression.name];
  return expression.kind === 'attribute' ? [...namesOf(expression.value), expression.name] : [];
}
