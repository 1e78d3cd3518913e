/** Joins what shards pushed to the images that one machine would have pushed, by what their reports say. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ImageOptions, ImageVerbReport } from './image-session.ts';
import type { JoinResult } from './images/join.ts';
import type { ImageSession } from './images/session.ts';
import type { BuildReport, ReportedOutput } from './pipeline/report.ts';
import { messageOf, PycError } from './primitives/errors.ts';
import { MAX_PROJECT_FILE } from './primitives/limits.ts';
import { visible } from './primitives/path.ts';

/**
 * The reports of shards that were to be joined are not those of one build: one is missing, is there twice, failed, or is
 * no report of `pyc build --shard --json`. `details` lists all that is wrong. Nothing was joined; build what is missing.
 */
export class ShardReportError extends PycError {
  readonly code = 'PYC_SHARD_REPORTS';
}

/** What {@link joinShards} takes. */
export interface JoinShardsOptions extends ImageOptions {
  /** Files with the reports of all shards, relative to `cwd`. */
  readonly reports: readonly string[];
}

export type JoinShardsReport = ImageVerbReport & {
  /** One for each reference that the build was to push. */
  readonly joined: readonly JoinResult[];
};

/** An index that is to be made. */
interface Join {
  readonly destination: string;
  /** In the order of the plan. */
  readonly sources: readonly string[];
}

/**
 * Makes the indexes of a build whose platforms were built by shards; each is that of a build without shards, byte for byte.
 * Never rejects: what went wrong is `error` in the report.
 */
export async function joinShards(options: JoinShardsOptions): Promise<JoinShardsReport> {
  const { runImageVerb } = await import('./image-session.ts');
  const empty: { readonly joined: readonly JoinResult[] } = { joined: [] };
  return await runImageVerb('index create', options, empty, (session) => joinAll(options.reports, session));
}

async function joinAll(
  files: readonly string[],
  session: ImageSession,
): Promise<Pick<JoinShardsReport, 'joined'>> {
  const { joinImages } = await import('./images/join.ts');
  const texts = await Promise.all(
    files.map(async (file) => ({ file, report: await readReport(resolve(session.cwd, file)) })),
  );
  const joined: JoinResult[] = [];
  for (const { destination, sources } of joinsOf(texts)) {
    joined.push(await joinImages({ destination, sources }, session));
  }
  return { joined };
}

/** Undefined for what is no report. */
async function readReport(file: string): Promise<BuildReport | undefined> {
  const text = await readFile(file, 'utf8').catch((thrown: unknown) => {
    throw new ShardReportError(`the report \`${visible(file)}\` cannot be read: ${messageOf(thrown)}`, {
      hint: 'name the files that `pyc build --shard K/N --json` printed',
      cause: thrown,
    });
  });
  try {
    const value: unknown = text.length > MAX_PROJECT_FILE ? undefined : JSON.parse(text);
    return isReport(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What has to be joined, one for each reference in a registry.
 *
 * @throws ShardReportError with all that is wrong
 */
export function joinsOf(
  read: readonly { readonly file: string; readonly report: BuildReport | undefined }[],
): readonly Join[] {
  const faults = faultsOf(read);
  const outputs = read.flatMap(({ report }) => report?.outputs ?? []);
  const parts = outputs.filter(isPart).sort((a, b) => a.unit - b.unit);
  if (faults.length === 0 && parts.length === 0)
    faults.push('none of them pushed a part of an image to a registry');
  const [first] = faults;
  if (first !== undefined) {
    throw new ShardReportError(`the shards cannot be joined: ${first}`, {
      hint: 'name the reports of all shards of one build, from the first to the last',
      details: faults,
    });
  }
  const sources = new Map<string, string[]>();
  for (const { destination, reference } of parts) {
    const target = destination.slice(REGISTRY.length);
    sources.set(target, [...(sources.get(target) ?? []), reference]);
  }
  return [...sources].map(([destination, found]) => ({ destination, sources: found }));
}

const REGISTRY = 'registry:';

type Part = ReportedOutput & { readonly unit: number };

function isPart(output: ReportedOutput): output is Part {
  return output.unit !== undefined && output.destination.startsWith(REGISTRY);
}

function faultsOf(read: Parameters<typeof joinsOf>[0]): string[] {
  const faults: string[] = [];
  const seen = new Map<number, string>();
  const [first] = read.flatMap(({ report }) => report?.shard ?? []);
  for (const { file, report } of read) {
    const name = `\`${visible(file)}\``;
    const shard = report?.shard ?? undefined;
    if (shard === undefined) {
      faults.push(`${name} is no report of a shard`);
      continue;
    }
    const other = seen.get(shard.index);
    if (shard.count !== first?.count || shard.units !== first.units)
      faults.push(`${name} is of another build`);
    else if (other !== undefined) faults.push(`${name} and ${other} are both shard ${shard.index}`);
    else if (report?.ok !== true) faults.push(`${name} says that shard ${shard.index} failed`);
    seen.set(shard.index, name);
  }
  for (let index = 1; index <= Math.min(first?.count ?? 0, first?.units ?? 0); index += 1) {
    if (!seen.has(index)) faults.push(`shard ${index}/${first?.count} is missing`);
  }
  return faults;
}

function isReport(value: unknown): value is BuildReport {
  if (!isTable(value) || value.schemaVersion !== 1 || value.command !== 'build') return false;
  const { shard, outputs } = value;
  if (
    !isTable(shard) ||
    !isCount(shard.index) ||
    !isCount(shard.count) ||
    !isCount(shard.units) ||
    !Array.isArray(outputs)
  )
    return false;
  return outputs.every(
    (output: unknown) =>
      isTable(output) &&
      typeof output.destination === 'string' &&
      typeof output.reference === 'string' &&
      (output.unit === undefined || Number.isSafeInteger(output.unit)),
  );
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= 10_000;
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
