/** What is wrong with asking for one of several projects. */
import { PycError } from '../primitives/errors.ts';
import { nearest } from '../primitives/nearest.ts';
import { visible } from '../primitives/path.ts';
import type { LockFile, Project } from './values.ts';

/**
 * `--package` or `--all-packages` asks for projects that are not found: neither the lock nor Hatch's settings list any, and no folder below
 * has a lock of its own. Build the project's own folder, or list the images in a configuration, each with its `project`.
 */
export class MembersError extends PycError {
  readonly code = 'PYC_MEMBERS_UNKNOWN';
  override readonly exitCode = 2;
}

/** The error for a folder in which nothing is called so. */
export function unknownMember(
  asked: string,
  { directory }: Project,
  lock: LockFile | undefined,
  members: readonly { readonly name: string }[],
): MembersError {
  const names = members.map(({ name }) => name);
  const close = nearest(asked, names);
  return new MembersError(
    `\`${directory}\` has no member \`${visible(asked)}\`: ${whereLooked(lock, names)}`,
    {
      hint:
        close === undefined
          ? "name the member's own folder, as in `pyc build packages/api`"
          : `did you mean \`${close}\`?`,
      details: names,
    },
  );
}

/** The error for a folder without members. */
export function noMembers(flag: string, { directory }: Project, lock: LockFile | undefined): MembersError {
  return new MembersError(`\`${flag}\` finds no members in \`${directory}\`: ${whereLooked(lock, [])}`, {
    hint: 'list the images in a configuration, each with its `project`',
  });
}

function whereLooked(lock: LockFile | undefined, names: readonly string[]): string {
  if (names.length > 0) {
    const shown = names.slice(0, 20).map((name) => `\`${name}\``);
    const more = names.length - shown.length;
    return `there ${names.length === 1 ? 'is' : 'are'} ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  }
  const inLock = lock === undefined ? 'it has no lock' : `\`${visible(lock.path)}\` lists none`;
  return `${inLock}, and no folder below has a project with a lock of its own`;
}
