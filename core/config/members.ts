/**
 * `--all-packages`: one image's configuration becomes one for each member of the workspace. How members are found and how
 * each is built is not known here.
 */
import { LockMissingError } from '../pipeline/defaults/lock-missing.ts';
import { membersOf } from '../pipeline/defaults/members.ts';
import { findProject } from '../pipeline/defaults/project.ts';
import { lockOfProject } from '../pipeline/defaults/project-lock.ts';
import { MembersError, noMembers } from '../pipeline/members-error.ts';
import type { Session } from '../pipeline/session.ts';
import type { ResolvedConfig } from '../pipeline/settings.ts';
import { nearest } from '../primitives/nearest.ts';
import { visible } from '../primitives/path.ts';
import { faultsOfOutputs, type ImageOutputs, sharedLayouts } from './collisions.ts';
import { ConfigInvalidError, ImageUnknownError } from './errors.ts';

const ORIGIN = '--all-packages';

/**
 * The configuration of each member. Members are named after themselves.
 *
 * @param only - names of members; none for all
 * @throws MembersError; ConfigInvalidError where one image would overwrite another's output; and what reading the lock throws
 */
export async function configsOfMembers(
  configs: readonly ResolvedConfig[],
  only: readonly string[],
  session: Session,
): Promise<readonly ResolvedConfig[]> {
  const [config, ...others] = configs;
  if (config === undefined) return [];
  if (others.length > 0 || config.package !== undefined) {
    throw new MembersError(
      `\`${ORIGIN}\` and ${others.length > 0 ? 'a configuration of several images' : '`package`'} do not go together`,
      { hint: `leave one of the two out` },
    );
  }
  const members = await namesOfMembers(config, session);
  const images = members.map((member): ResolvedConfig => {
    const origins = { ...config.origins, name: ORIGIN, package: ORIGIN };
    return { ...config, name: member, package: member, origins };
  });
  const kept = chosen(images, only);
  const faults = faultsOfOutputs(kept.map(outputsOf), ORIGIN);
  if (faults.length > 0) throw new ConfigInvalidError(faults);
  // What is shared does not depend on which are built, so that a name in a layout never does.
  const shared = [...new Set([...config.sharedLayouts, ...sharedLayouts(images.map(outputsOf))])];
  return kept.map((image) => ({ ...image, sharedLayouts: shared }));
}

/** Normalised. Project and lock are remembered where the builds look for them. */
async function namesOfMembers(config: ResolvedConfig, session: Session): Promise<readonly string[]> {
  const { directory, lock: stated } = config;
  const { memory, signal } = session;
  const project = await memory.get(`project ${directory}`, () => findProject(directory, signal, memory));
  const lock = await lockOfProject(project, config, session, false).catch((error: unknown) => {
    if (error instanceof LockMissingError) return undefined;
    throw error;
  });
  const members = await membersOf(project, lock, stated !== undefined, session);
  if (members.length === 0) throw noMembers(ORIGIN, project, lock);
  return members.map(({ name }) => name);
}

function outputsOf(config: ResolvedConfig): ImageOutputs {
  const { directory, origins, name, outputs, push, load, tags, registry } = config;
  return { values: { name, outputs, push, load, tags, registry }, origins, directory };
}

function chosen(images: readonly ResolvedConfig[], only: readonly string[]): readonly ResolvedConfig[] {
  if (only.length === 0) return images;
  const names = images.map(({ name }) => name!);
  const unknown = only.find((name) => !names.includes(name));
  if (unknown === undefined) return images.filter(({ name }) => only.includes(name!));
  const close = nearest(unknown, names);
  throw new ImageUnknownError(`the workspace has no member \`${visible(unknown)}\``, {
    hint:
      close === undefined
        ? `choose one of ${names.map((name) => `\`${name}\``).join(', ')}`
        : `did you mean \`${close}\`?`,
  });
}
