/** Lets presets add what they make of the collected tree. What they make is theirs; here its shape and its conflicts are checked. */
import { isPycError, messageOf } from '../../primitives/errors.ts';
import { FIXED_MTIME } from '../../primitives/file-tree.ts';
import { findConflicts, makeFileTree, TreeConflictError } from '../../primitives/tree.ts';
import { isAborted } from '../aborted.ts';
import { derivedPart } from '../collect/derived-part.ts';
import type { PartRecords } from '../collect/part-records.ts';
import { partialPart } from '../collect/partial-part.ts';
import { faultOfResult } from '../hook-results.ts';
import { PluginError } from '../plugin-error.ts';
import type { Detection, PresetContext } from '../preset.ts';
import type { Session } from '../session.ts';
import type { ResolvedConfig } from '../settings.ts';
import type { Collected, Resolution } from '../values.ts';

/** What a preset's detection wants to add to the tree, under the preset's name. */
export interface PresetCollector {
  readonly preset: string;
  readonly collect: NonNullable<Detection['collect']>;
}

/**
 * The tree with the presets' parts, in their order.
 *
 * @throws PycError as a preset throws it, PluginError for anything else, TreeConflictError naming all conflicts
 */
export async function addPresetParts(
  collected: Collected,
  collectors: readonly PresetCollector[],
  resolution: Resolution,
  config: ResolvedConfig,
  records: PartRecords,
  session: Session,
): Promise<Collected> {
  if (collectors.length === 0) return collected;
  const context = contextOf(resolution, config, records, session);
  let shaped = collected;
  for (const { preset, collect } of collectors) {
    shaped = await named(preset, () => collect(shaped, context));
  }
  const recorded = await Promise.all(
    shaped.tree.parts.map(async (part) => ({ name: part.name, record: await part.record(session.signal) })),
  );
  const conflicts = findConflicts(recorded);
  if (conflicts.length > 0) throw new TreeConflictError(conflicts);
  return shaped;
}

function contextOf(
  { project, distributions, python }: Resolution,
  config: ResolvedConfig,
  records: PartRecords,
  session: Session,
): PresetContext {
  const { signal, log, store } = session;
  return {
    signal,
    log,
    project,
    distributions,
    python,
    config,
    hostEnv: session.env,
    mtime: session.sourceDateEpoch ?? FIXED_MTIME,
    derivedPart: (recipe) => derivedPart(recipe, records),
    addPart: (collected, part) => ({ ...collected, tree: makeFileTree([...collected.tree.parts, part]) }),
    async withoutSources(collected, isLeftOut) {
      const parts = collected.tree.parts.map((part) =>
        part.role === 'project' ? partialPart(part, isLeftOut, signal) : part,
      );
      return { ...collected, tree: makeFileTree(await Promise.all(parts)) };
    },
    async remembered(key, make) {
      const known = session.noCache ? undefined : await store.readAction(key);
      if (known !== undefined) return known;
      const value = await make();
      await store.writeAction(key, value);
      return value;
    },
  };
}

async function named(preset: string, work: () => Promise<Collected>): Promise<Collected> {
  let fault: string | undefined;
  let cause: unknown;
  try {
    const result: unknown = await work();
    fault = result === undefined ? 'it gave nothing' : faultOfResult('collect', result);
    if (fault === undefined) return result as Collected;
  } catch (thrown) {
    if (isPycError(thrown) || isAborted(thrown)) throw thrown;
    fault = messageOf(thrown);
    cause = thrown;
  }
  throw new PluginError(
    preset,
    'collect',
    `preset \`${preset}\` failed while it added to the tree: ${fault}`,
    'report this to the author of the preset',
    cause,
  );
}
