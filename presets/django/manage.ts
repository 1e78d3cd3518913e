/** Where a Django project is: its `manage.py`, and the settings module which that names. */
import type { PresetInput } from 'pycontainer';
import type { Expression, SourceTree, Statement } from 'pycontainer/python';
import { PresetAmbiguousError, PresetNoApplicationError } from '../application/errors.ts';
import { treeOf } from '../application/place.ts';
import { folderOf, managePaths } from '../application/roots.ts';

const VARIABLE = 'DJANGO_SETTINGS_MODULE';
const WAY_OUT = `state it in the configuration: \`env.${VARIABLE} = "module.settings"\``;

/** A Django project. */
export interface Site {
  /** The folder of `manage.py`, from which modules are imported; `''` is the project's own. */
  readonly root: string;
  readonly tree: SourceTree;
  /** As in `shop.settings`. */
  readonly settings: string;
  /** Where the settings module is named. */
  readonly place: string;
  readonly file?: string;
  readonly line?: number;
}

/**
 * The project's `manage.py`: the one in its folder, else the only one below.
 *
 * @returns undefined where there is none, or one that is not Django's, and no variable names the settings
 * @throws PresetAmbiguousError, PresetNoApplicationError
 */
export async function findSite(input: PresetInput): Promise<Site | undefined> {
  const manage = managePath(input.files);
  const stated = input.env?.[VARIABLE];
  if (manage === undefined && stated === undefined) return undefined;
  const root = manage === undefined ? '' : folderOf(manage);
  const tree = await treeOf(input);
  if (stated !== undefined) {
    return checked({ root, tree, settings: stated, place: `\`env.${VARIABLE}\` of the configuration` });
  }
  const found = namesIn((await tree.load(manage!)).statements);
  const known = [...new Set(found.map(({ value }) => (value.kind === 'string' ? value.value : undefined)))];
  const [first] = found;
  if (first === undefined) {
    const isOther = !/django/i.test(Buffer.from(await input.read(manage!)).toString('latin1'));
    if (isOther && !input.explicit) return undefined;
    throw new PresetNoApplicationError(`\`${manage}\` names no settings module`, { hint: WAY_OUT });
  }
  if (known.length > 1 || known[0] === undefined) {
    const where = found.map(({ line }) => `${manage}:${line}`).join(', ');
    throw new PresetAmbiguousError(`which settings module is meant cannot be read from ${where}`, {
      hint: WAY_OUT,
      details: found.map(({ value, line }) => ({
        target: value.kind === 'string' ? value.value : null,
        file: manage,
        line,
      })),
    });
  }
  return checked({ root, tree, settings: known[0], place: `\`${manage}\``, file: manage!, line: first.line });
}

function managePath(files: readonly string[]): string | undefined {
  const found = managePaths(files);
  if (found.includes('manage.py')) return 'manage.py';
  if (found.length <= 1) return found[0];
  throw new PresetAmbiguousError(
    `several files could be the project's \`manage.py\`: ${found.map((path) => `\`${path}\``).join(', ')}`,
    {
      hint: "build one of them: give its folder as the project's",
      details: found.map((file) => ({ target: file, file, line: 1 })),
    },
  );
}

function checked(site: Site): Site {
  const { tree, settings, place, file, line } = site;
  const [top] = settings.split('.');
  const isOwn = tree.pathOf(top!) !== undefined || tree.isNamespace(top!);
  if (!isOwn || tree.pathOf(settings) !== undefined) return site;
  const where = file === undefined ? '' : ` (${file}:${line})`;
  throw new PresetNoApplicationError(
    `the settings module \`${settings}\`, which ${place} names${where}, does not exist`,
    { hint: WAY_OUT },
  );
}

interface Named {
  readonly value: Expression;
  readonly line: number;
}

/** `os.environ.setdefault('DJANGO_SETTINGS_MODULE', …)` and `os.environ['DJANGO_SETTINGS_MODULE'] = …`, in functions too. */
function namesIn(statements: readonly Statement[]): Named[] {
  return statements.flatMap((statement): Named[] => {
    const { line } = statement;
    if (statement.kind === 'function') return namesIn(statement.body);
    if (statement.kind === 'assignment') {
      const isNamed = statement.targets.some(
        (target) => target.kind === 'subscript' && isVariable(target.index),
      );
      return isNamed && statement.value !== undefined ? [{ value: statement.value, line }] : [];
    }
    if (statement.kind !== 'expression' || statement.value.kind !== 'call') return [];
    const { callee, arguments: given } = statement.value;
    const [name, value] = given;
    if (callee.kind !== 'attribute' || callee.name !== 'setdefault') return [];
    return name !== undefined && value !== undefined && isVariable(name.value)
      ? [{ value: value.value, line }]
      : [];
  });
}

function isVariable(expression: Expression): boolean {
  return expression.kind === 'string' && expression.value === VARIABLE;
}
