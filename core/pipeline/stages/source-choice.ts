/**
 * What of the distributions without a fitting wheel is to be built of its sources on this host, and what cannot be: that is
 * known before anything is fetched where the version has wheels, but for other machines.
 */
import { existsSync, readdirSync } from 'node:fs';
import { visible } from '../../primitives/path.ts';
import { isLocated } from '../../python/package-index.ts';
import { machineOf, type PythonTarget } from '../../python/target.ts';
import { type LocateContext, locateFiles } from '../defaults/index-files.ts';
import type { Distribution, LockChoice, Rejection } from '../values.ts';

/** The machine that builds. */
export interface BuildHost {
  /** As Node calls it: `linux`, `darwin`, `win32`. */
  readonly os: string;
  /** OCI's word. */
  readonly architecture: string;
  /** Undefined elsewhere than on Linux. */
  readonly libc: 'glibc' | 'musl' | undefined;
}

/** What Node calls otherwise. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** This machine. */
export function thisHost(): BuildHost {
  const os = process.platform;
  const architecture = ARCHITECTURES[process.arch] ?? process.arch;
  return { os, architecture, libc: os === 'linux' ? (hasMusl() ? 'musl' : 'glibc') : undefined };
}

/** A glibc that was added to a musl system has its loader elsewhere. */
function hasMusl(): boolean {
  return existsSync('/lib') && readdirSync('/lib').some((name) => name.startsWith('ld-musl-'));
}

/** The rejections with sources that this host may build, as distributions; and the others, with the reason where it is the host. */
export async function chooseSources(
  rejections: readonly Rejection[],
  target: PythonTarget,
  host: BuildHost,
  context: LocateContext,
): Promise<LockChoice> {
  const chosen: Distribution[] = [];
  const rejected: Rejection[] = [];
  for (const rejection of rejections) {
    const { buildable } = rejection;
    const obstacle = obstacleOf(rejection, target, host);
    const located =
      buildable === undefined || obstacle !== undefined
        ? undefined
        : await locate(buildable, target, context);
    if (located !== undefined) chosen.push(located);
    else if (obstacle === undefined) rejected.push(rejection);
    else rejected.push({ ...rejection, reason: `${rejection.reason}, and ${obstacle}` });
  }
  return { chosen, rejected };
}

/** Of a version that has wheels of platforms alone, no wheel is pure: what another machine builds does not run on the target. */
function obstacleOf(
  { files, buildable }: Rejection,
  target: PythonTarget,
  host: BuildHost,
): string | undefined {
  const wheels = files.filter(({ name }) => name.endsWith('.whl'));
  if (buildable === undefined || wheels.length === 0 || wheels.some(({ name }) => name.endsWith('-any.whl')))
    return undefined;
  const isOfTarget =
    host.os === target.os && host.architecture === target.architecture && host.libc === target.libc.family;
  if (isOfTarget) return undefined;
  return `this host cannot build compiled code for ${target.libc.family} on ${machineOf(target)}`;
}

/** With the place of its file, which a lock may leave to the index; undefined where that has none. */
async function locate(
  buildable: Distribution,
  target: PythonTarget,
  context: LocateContext,
): Promise<Distribution | undefined> {
  if (buildable.source !== 'sdist' || isLocated(buildable.file))
    return (await locateFiles([buildable], target, context)).chosen[0];
  const { rejected } = await locateFiles([{ ...buildable, source: 'wheel' }], target, context);
  return rejected[0]?.buildable;
}

const WORDS = {
  sdist: 'its sdist',
  vcs: 'a commit of its repository',
  archive: 'an archive with its sources',
  directory: 'its folder',
  wheel: 'its wheel',
} as const;

/** What a plan says of a distribution that a build would build. */
export function plannedBuild({ name, version, source }: Distribution): string {
  const what = version === '' ? name : `${name} ${visible(version)}`;
  return `\`${what}\` is to be built on this host from ${WORDS[source]}: whether its wheel is pure, or fits every platform, is known only then`;
}
