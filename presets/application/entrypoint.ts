/** An entry point that the project itself states, in pyproject.toml or a variable, checked against the sources. */
import { classesOf, resolveObject, type SourceTree } from 'pycontainer/python';
import { PresetEntrypointError } from './errors.ts';

/** A stated entry point. */
export interface Stated {
  /** `module:name`. */
  readonly target: string;
  /** True where the name is that of a function which makes the application. */
  readonly factory: boolean;
  /** What was seen, for the report. */
  readonly file?: string;
  readonly line?: number;
}

const TARGET =
  /^(?<module>[\p{XIDS}_][\p{XIDC}]*(?:\.[\p{XIDS}_][\p{XIDC}]*)*):(?<name>[\p{XIDS}_][\p{XIDC}]*)$/u;

/**
 * Checks a stated entry point.
 *
 * @param place names it in messages, as in `` `entrypoint` in `[tool.fastapi]` of pyproject.toml ``
 * @throws PresetEntrypointError where it is no `module:name`, or names something that the project's own
 * modules do not have. Modules of dependencies are taken on trust.
 */
export async function checkEntrypoint(
  tree: SourceTree,
  place: string,
  entrypoint: unknown,
  classes: ReadonlySet<string>,
): Promise<Stated> {
  const groups = typeof entrypoint === 'string' ? TARGET.exec(entrypoint)?.groups : undefined;
  if (groups?.module === undefined || groups.name === undefined) {
    throw new PresetEntrypointError(`${place} is no \`module:name\``, {
      hint: 'write it as in `shop.main:app`',
    });
  }
  const { module, name } = groups;
  const target = `${module}:${name}`;
  const path = tree.pathOf(module);
  if (path === undefined) {
    const [top] = module.split('.');
    if (tree.pathOf(top!) === undefined && !tree.isNamespace(top!)) return { target, factory: false };
    throw missing(place, target, `the project has no module \`${module}\``);
  }
  const object = await resolveObject(tree, module, name);
  if (object?.kind !== 'definition') {
    const { statements } = await tree.load(path);
    const open = object !== undefined || statements.some((one) => one.kind === 'from' && one.name === '*');
    if (open) return { target, factory: false, file: path };
    throw missing(place, target, `\`${path}\` does not define \`${name}\``);
  }
  const { statement } = object;
  const made =
    statement.kind === 'function' && (await classesOf(tree, object)).some((one) => classes.has(one));
  return { target, factory: made, file: object.path, line: statement.line };
}

function missing(place: string, target: string, why: string): PresetEntrypointError {
  return new PresetEntrypointError(`\`${target}\`, which ${place} states, does not exist: ${why}`, {
    hint: `correct ${place}`,
  });
}
