/** The storages of static files whose rules are known, and classes of a project that change nothing of what they write. */
import { type Resolved, resolveExpression, resolveObject, type SourceTree } from 'pycontainer/python';

/** A storage whose rules are known. */
export interface Storage {
  /** As the settings name it. */
  readonly name: string;
  readonly hasManifest: boolean;
  /** True: it would write compressed copies too, which WhiteNoise does without. */
  readonly compresses: boolean;
}

export const PLAIN = 'django.contrib.staticfiles.storage.StaticFilesStorage';

const STORAGES: ReadonlyMap<string, Omit<Storage, 'name'>> = new Map([
  [PLAIN, { hasManifest: false, compresses: false }],
  ['django.contrib.staticfiles.storage.ManifestStaticFilesStorage', { hasManifest: true, compresses: false }],
  ['whitenoise.storage.CompressedStaticFilesStorage', { hasManifest: false, compresses: true }],
  ['whitenoise.storage.CompressedManifestStaticFilesStorage', { hasManifest: true, compresses: true }],
]);
/** What decides at run time alone. */
const HARMLESS = new Set(['manifest_strict']);
const MAX_DEPTH = 16;

/** The storage of a dotted name; undefined where only Python knows what it writes. */
export async function storageOf(tree: SourceTree, name: string): Promise<Storage | undefined> {
  const known = STORAGES.get(name);
  if (known !== undefined) return { name, ...known };
  const dot = name.lastIndexOf('.');
  const module = name.slice(0, Math.max(dot, 0));
  if (tree.pathOf(module) === undefined) return undefined;
  const rules = await inherited(tree, await resolveObject(tree, module, name.slice(dot + 1)), 0);
  return rules === undefined ? undefined : { name, ...rules };
}

/** What a class inherits that sets nothing which matters here. */
async function inherited(
  tree: SourceTree,
  object: Resolved | undefined,
  depth: number,
): Promise<Omit<Storage, 'name'> | undefined> {
  if (object?.kind === 'external') return STORAGES.get(object.name);
  if (object?.kind !== 'definition' || object.statement.kind !== 'class' || depth > MAX_DEPTH)
    return undefined;
  const { bases, body, decorators } = object.statement;
  const isHarmless = body.every((statement) => {
    if (statement.kind === 'expression') return statement.value.kind === 'string';
    if (statement.kind !== 'assignment') return false;
    return statement.targets.every((target) => target.kind === 'name' && HARMLESS.has(target.name));
  });
  const [base] = bases;
  if (!isHarmless || base === undefined || bases.length > 1 || decorators.length > 0) return undefined;
  return inherited(tree, await resolveExpression(tree, object.module, base), depth + 1);
}
