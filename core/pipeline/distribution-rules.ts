/**
 * What a configuration changes of a lock's choice: distributions that stay out, and other builds that stand in, each
 * with a reason. It fetches nothing; where a replacement's file lies, the index says later.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { messageOf, PycError } from '../primitives/errors.ts';
import type { Log } from '../primitives/log.ts';
import { nearest } from '../primitives/nearest.ts';
import { visible } from '../primitives/path.ts';
import { explainWheels, wheelSupport } from '../python/lock/wheel-choice.ts';
import { normalizeName } from '../python/name.ts';
import type { PythonTarget } from '../python/target.ts';
import { FilenameError, parseWheelFilename, type WheelFilename } from '../python/wheel-filename.ts';
import type { ReportedImage } from './report.ts';
import type { Config } from './settings.ts';
import type { Distribution, ExcludedDistribution, LockChoice, Rejection } from './values.ts';

/**
 * What `distributions.replace` names for a distribution is not a wheel of it, or a file that cannot be read. Correct
 * `with`, or take the entry out.
 */
export class ReplacementError extends PycError {
  readonly code = 'PYC_REPLACEMENT_INVALID';
  override readonly exitCode = 2;
}

/** What `distributions` in a configuration holds. */
export type DistributionRules = NonNullable<Config['distributions']>;
type Replacement = NonNullable<DistributionRules['replace']>[number];

/** A lock's choice after the rules. */
export interface RuledChoice extends LockChoice {
  /** Ordered by name. */
  readonly excluded: readonly ExcludedDistribution[];
}

/** True for a name that a rule takes out of the lock's hands, whatever files the lock has of it. */
export function isRuled(name: string, rules: DistributionRules | undefined): boolean {
  return exclusionOf(name, rules) !== undefined || replacementOf(name, rules) !== undefined;
}

/**
 * Takes out what is excluded, and what nothing asks for once that is gone; and puts replacements in. Replacements are
 * taken to need what the locked build needs.
 *
 * @throws ReplacementError
 */
export async function applyRules(
  choice: LockChoice,
  rules: DistributionRules | undefined,
  target: PythonTarget,
  signal: AbortSignal,
): Promise<RuledChoice> {
  if (rules === undefined) return { ...choice, excluded: [] };
  const excluded: ExcludedDistribution[] = [];
  const stays = ({ name, version = null }: { readonly name: string; readonly version?: string | null }) => {
    const rule = exclusionOf(name, rules);
    if (rule !== undefined) excluded.push({ name, version, reason: rule.reason });
    return rule === undefined;
  };
  const chosen: Distribution[] = [];
  const rejected: Rejection[] = [];
  for (const distribution of choice.chosen.filter(stays)) {
    const rule = replacementOf(distribution.name, rules);
    const one = rule === undefined ? distribution : await replaced(distribution, rule, target, signal);
    if ('files' in one) rejected.push(one);
    else chosen.push(one);
  }
  for (const rejection of choice.rejected.filter(stays)) {
    const rule = replacementOf(rejection.name, rules);
    const { name, version, buildable } = rejection;
    const locked = {
      name,
      ...(version === undefined ? {} : { version }),
      requestedBy: buildable?.requestedBy ?? [],
    };
    const one = rule === undefined ? rejection : await replaced(locked, rule, target, signal);
    if ('files' in one) rejected.push(one);
    else chosen.push(one);
  }
  const wanted = reached(chosen, choice.chosen);
  for (const { name, version } of chosen.filter((one) => !wanted.has(one.name)))
    excluded.push({ name, version, reason: 'nothing that goes in asks for it any more' });
  return {
    chosen: sorted(chosen.filter(({ name }) => wanted.has(name))),
    rejected,
    excluded: sorted(excluded),
  };
}

/** Says what stays in although something that it asks for was taken out, all in one warning. */
export function warnOfMissing(
  distributions: readonly Distribution[],
  locked: LockChoice,
  { excluded }: RuledChoice,
  log: Log,
): void {
  const out = new Set(excluded.map(({ name }) => name));
  // A replacement is mostly made so that it needs less.
  const silent = new Set(
    distributions.filter(({ replaces }) => replaces !== undefined).map(({ name }) => name),
  );
  const missing = locked.chosen.flatMap(({ name, requestedBy }) =>
    out.has(name)
      ? requestedBy
          .filter((parent) => !out.has(parent) && !silent.has(parent))
          .map((parent) => `\`${parent}\` needs \`${name}\``)
      : [],
  );
  if (missing.length === 0) return;
  log.warn({
    /**
     * What `distributions.exclude` takes out is needed by something that goes in, which may fail when it imports it. That is
     * as it should be where the base has it, or where the import is guarded.
     */
    code: 'PYC_EXCLUDED_IS_NEEDED',
    message: `what stays out is asked for: ${missing.join(', ')}`,
    hint: 'see that the base has it, or that it is not imported',
  });
}

/** Says which rules matched nothing on any platform: a name that is misspelt, or a rule whose time is over. */
export function warnOfIdleRules(
  rules: DistributionRules | undefined,
  images: readonly Pick<ReportedImage, 'distributions' | 'excluded'>[],
  log: Log,
): void {
  const out = images.flatMap(({ excluded }) => excluded.map(({ name }) => name));
  const all = images.flatMap(({ distributions }) => distributions);
  const idle = [
    ...(rules?.exclude ?? []).filter(({ name }) => !out.some((one) => matches(one, name))),
    ...(rules?.replace ?? []).filter(
      ({ name }) => !all.some((one) => one.replaces !== null && matches(one.name, name)),
    ),
  ];
  for (const { name } of idle) {
    const close = nearest(
      name,
      all.map((one) => one.name),
    );
    log.warn({
      /** An entry of `distributions` names nothing that is locked for any of the platforms, and changes nothing. */
      code: 'PYC_DISTRIBUTION_RULE_IDLE',
      message: `\`distributions\` names \`${visible(name)}\`, which would not go in anyway`,
      hint: close === undefined ? 'take the entry out' : `did you mean \`${close}\`?`,
    });
  }
}

function exclusionOf(name: string, rules: DistributionRules | undefined) {
  return rules?.exclude?.find((rule) => matches(name, rule.name));
}

function replacementOf(name: string, rules: DistributionRules | undefined): Replacement | undefined {
  return rules?.replace?.find((rule) => matches(name, rule.name));
}

/** @param pattern a name in any spelling, in which `*` stands for any letters */
function matches(name: string, pattern: string): boolean {
  const [first = '', ...rest] = normalizeName(pattern).split('*');
  if (rest.length === 0) return name === first;
  const last = rest.pop()!;
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last))
    return false;
  let at = first.length;
  for (const middle of rest) {
    const found = name.indexOf(middle, at);
    if (found === -1 || found + middle.length > name.length - last.length) return false;
    at = found + middle.length;
  }
  return true;
}

/**
 * Names that something asks for which goes in: beginning with what the project asks for. Where a lock does not say who
 * asks, everything is wanted.
 */
function reached(chosen: readonly Distribution[], locked: readonly Distribution[]): ReadonlySet<string> {
  const known = new Set(locked.map(({ name }) => name));
  const isRoot = ({ requestedBy }: Distribution): boolean =>
    requestedBy.length === 0 || requestedBy.some((parent) => !known.has(parent));
  const children = new Map<string, string[]>();
  for (const { name, requestedBy } of chosen)
    for (const parent of requestedBy) children.set(parent, [...(children.get(parent) ?? []), name]);
  const found = new Set(chosen.filter(isRoot).map(({ name }) => name));
  const going = new Set(chosen.map(({ name }) => name));
  for (const name of found) {
    for (const child of children.get(name) ?? []) if (going.has(child)) found.add(child);
  }
  return found;
}

/** The locked distribution with the replacement's file; or why that does not fit. */
async function replaced(
  locked: Pick<Distribution, 'name' | 'requestedBy'> & { readonly version?: string },
  { with: instead, index, hashes = [], reason }: Replacement,
  target: PythonTarget,
  signal: AbortSignal,
): Promise<Distribution | Rejection> {
  const { name, requestedBy, version = null } = locked;
  const common = { name, source: 'wheel', requestedBy, replaces: { version, reason } } as const;
  if (!instead.endsWith('.whl'))
    return { ...common, version: instead, hashes, ...(index === undefined ? {} : { index }) };
  const isUrl = /^https?:\/\//.test(instead);
  const fileName = isUrl ? nameInUrl(instead) : basename(instead);
  const wheel = wheelOf(fileName, name);
  const [refusal] = refusalsOf(fileName, target);
  const ownVersion = wheel.version.toString();
  if (refusal !== undefined)
    return {
      name,
      version: ownVersion,
      reason: 'the wheel that `distributions.replace` names does not fit',
      files: [refusal],
    };
  const proof = isUrl || hashes.length > 0 ? hashes : [await sha256OfFile(instead, name, signal)];
  const place = isUrl ? { url: instead } : { path: instead };
  const archive = { hashes: Object.fromEntries(proof.map((hash) => hash.split(':', 2) as [string, string])) };
  return {
    ...common,
    version: ownVersion,
    file: { name: fileName, ...place, hashes: proof },
    ...(isUrl ? { directUrl: { url: instead, archive_info: archive } } : {}),
  };
}

function nameInUrl(url: string): string {
  const last = new URL(url).pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

function wheelOf(fileName: string, name: string): WheelFilename {
  const shown = `\`${visible(fileName)}\`, which replaces \`${name}\`,`;
  const hint = 'correct `with`: a wheel, by its URL or path, or a version';
  try {
    const wheel = parseWheelFilename(fileName);
    if (wheel.name === name) return wheel;
  } catch (cause) {
    if (!(cause instanceof FilenameError)) throw cause;
    throw new ReplacementError(`${shown} does not have the name of a wheel`, { hint, cause });
  }
  throw new ReplacementError(`${shown} is a wheel of another distribution`, { hint });
}

/** None where the wheel fits. */
function refusalsOf(fileName: string, target: PythonTarget): Rejection['files'] {
  return explainWheels([{ name: fileName }], wheelSupport(target));
}

async function sha256OfFile(path: string, name: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { signal })) hash.update(chunk as Uint8Array);
  } catch (cause) {
    signal.throwIfAborted();
    throw new ReplacementError(
      `\`${visible(path)}\`, which replaces \`${name}\`, cannot be read: ${messageOf(cause)}`,
      { hint: 'put the wheel there, or correct `with`', cause },
    );
  }
  return `sha256:${hash.digest('hex')}`;
}

function sorted<T extends { readonly name: string }>(items: readonly T[]): readonly T[] {
  return items.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
