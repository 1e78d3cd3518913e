/**
 * Why a distribution is in an image, by which ways from the project, and why it is this file of it: what
 * `pyc explain NAME` tells. It chooses nothing itself.
 */
import { redactUrl } from '../http/url.ts';
import { formatPlatform } from '../oci/platform.ts';
import { PycError } from '../primitives/errors.ts';
import { nearest } from '../primitives/nearest.ts';
import { visible } from '../primitives/path.ts';
import { explainWheels, type WheelSupport, wheelSupport } from '../python/lock/wheel-choice.ts';
import { normalizeName } from '../python/name.ts';
import { FilenameError, parseWheelFilename } from '../python/wheel-filename.ts';
import { sha256Of } from './defaults/wheel.ts';
import { fileSizeOf, filesOf } from './distribution-files.ts';
import type { ReportedExplanation, ReportedImage, ReportedRefusal } from './report.ts';
import type { Session } from './session.ts';
import type { ResolvedConfig } from './settings.ts';
import type { Distribution, Resolution } from './values.ts';

/**
 * A name that is to be explained is no distribution that goes into the image. It may be locked for another platform, an
 * extra or a group: name those, or correct the name.
 */
export class DistributionUnknownError extends PycError {
  readonly code = 'PYC_DISTRIBUTION_UNKNOWN';
  override readonly exitCode = 2;
}

/** @returns none where the distribution does not go in on this platform */
export async function explainDistribution(
  resolution: Resolution,
  name: string,
  image: string,
  { config, session }: { readonly config: ResolvedConfig; readonly session: Session },
): Promise<readonly ReportedExplanation[]> {
  const { distributions, platform, python, lock, project } = resolution;
  const wanted = normalizeName(name);
  const distribution = distributions.find((one) => one.name === wanted);
  if (distribution === undefined) return [];
  const { version, source, file } = distribution;
  const support = wheelSupport(python.target);
  const explanation: ReportedExplanation = {
    image,
    platform: formatPlatform(platform),
    python: `${python.target.abi}, ${python.target.libc.family} ${python.target.libc.version}`,
    name: distribution.name,
    version,
    source,
    paths: pathsTo(distribution, distributions, project.name),
    needs: distributions.flatMap((one) => (one.requestedBy.includes(wanted) ? [one.name] : [])),
    file:
      file === undefined
        ? null
        : {
            name: file.name,
            tag: acceptedTag(file.name, support),
            size: (await fileSizeOf(distribution, session)) ?? null,
            hash: sha256Of(file.hashes) ?? file.hashes[0] ?? null,
            url: file.url === undefined ? null : redactUrl(file.url),
          },
    passedOver: passedOver(distribution, await filesOf(distribution, lock, config, session), support),
  };
  return [explanation];
}

/**
 * For each one that asks for it, the shortest way from the project: names, the project's first.
 *
 * @param project normalised name
 */
export function pathsTo(
  distribution: Pick<Distribution, 'name' | 'requestedBy'>,
  all: readonly Pick<Distribution, 'name' | 'requestedBy'>[],
  project: string,
): readonly (readonly string[])[] {
  const children = new Map<string, string[]>();
  for (const { name, requestedBy } of all)
    for (const parent of requestedBy) children.set(parent, [...(children.get(parent) ?? []), name]);
  const known = new Set(all.map(({ name }) => name));
  // What is no distribution stands at the beginning: the project, or a file of requirements.
  const roots = new Set([project, ...[...children.keys()].filter((name) => !known.has(name))]);
  const before = new Map<string, string>();
  const queue = [...roots];
  for (const name of queue) {
    for (const child of children.get(name) ?? []) {
      if (roots.has(child) || before.has(child)) continue;
      before.set(child, name);
      queue.push(child);
    }
  }
  const wayTo = (name: string): string[] => {
    const way = [name];
    for (let at = before.get(name); at !== undefined; at = before.get(at)) way.unshift(at);
    return way;
  };
  return (
    distribution.requestedBy
      .map((parent) => [...wayTo(parent), distribution.name])
      // One that leads over the distribution itself explains nothing, unless there is no other.
      .filter((way, _, ways) => way.indexOf(distribution.name) === way.length - 1 || ways.length === 1)
      .sort((a, b) => a.length - b.length)
  );
}

/** The error for a name that no platform's image has. */
export function unknownDistribution(
  name: string,
  images: readonly Pick<ReportedImage, 'distributions'>[],
  { lock, project }: Pick<Resolution, 'lock' | 'project'>,
): DistributionUnknownError {
  const wanted = normalizeName(name);
  const shown = `\`${visible(name)}\``;
  if (wanted === project.name) {
    return new DistributionUnknownError(`${shown} is the project itself`, {
      hint: 'run `pyc explain --tree` for what it needs',
    });
  }
  if ((lock?.filesOf?.(wanted) ?? []).length > 0) {
    return new DistributionUnknownError(
      `${shown} is in \`${lock!.path}\` and does not go in: nothing that is asked for needs it here`,
      {
        hint: 'name the extra, the group or the platform that needs it by `--extra`, `--group` or `--platform`',
      },
    );
  }
  const names = images.flatMap(({ distributions }) => distributions.map((one) => one.name));
  const close = nearest(wanted, names);
  return new DistributionUnknownError(`${shown} is no distribution of the image`, {
    hint:
      close === undefined
        ? 'run `pyc explain --tree` for all that go in'
        : `did you mean \`pyc explain ${close}\`?`,
  });
}

/** The first of the target's tags that the wheel carries. */
function acceptedTag(fileName: string, { ranks }: WheelSupport): string | null {
  let best: string | undefined;
  for (const tag of tagsOf(fileName)) {
    const rank = ranks.get(tag);
    if (rank !== undefined && (best === undefined || rank < ranks.get(best)!)) best = tag;
  }
  return best ?? null;
}

function tagsOf(fileName: string): readonly string[] {
  try {
    return parseWheelFilename(fileName).tags;
  } catch (error) {
    if (error instanceof FilenameError) return [];
    throw error;
  }
}

function passedOver(
  { file }: Distribution,
  listed: readonly string[] | undefined,
  support: WheelSupport,
): readonly ReportedRefusal[] | null {
  if (listed === undefined) return null;
  const names = [...new Set([...(file === undefined ? [] : [file.name]), ...listed])];
  const wheels = names.filter((one) => one.endsWith('.whl')).map((one) => ({ name: one }));
  const others = names.filter((one) => !one.endsWith('.whl') && one !== file?.name);
  return [
    ...explainWheels(wheels, support)
      .filter((refusal) => refusal.name !== file?.name)
      .map((refusal) => ({ name: refusal.name, kind: refusal.kind ?? null, reason: refusal.reason })),
    ...others.map((one) => ({
      name: one,
      kind: 'not-a-wheel' as const,
      reason: 'it holds sources, and there is a wheel that fits',
    })),
  ];
}
