/** Files, links and folders that the scripts of a few packages make on every first installation. */

import type { Cured, RootView } from './root-view.ts';
import { exists, fileOf, folderOf, linkOf, readFile } from './root-view.ts';

/** What a package brings as a template → where its script copies it. */
const COPIES: readonly (readonly [from: string, to: string])[] = [
  ['usr/share/base-files/dot.bashrc', 'root/.bashrc'],
  ['usr/share/base-files/dot.profile', 'root/.profile'],
  ['usr/share/base-files/profile', 'etc/profile'],
  ['usr/share/base-files/motd', 'etc/motd'],
  ['usr/share/libc-bin/nsswitch.conf', 'etc/nsswitch.conf'],
  ['usr/share/readline/inputrc', 'etc/inputrc'],
  ['usr/share/debianutils/shells', 'etc/shells'],
];

/** base-files' folders. The group of `/var/mail` is mail's, 8 in every Debian. */
const FOLDERS: readonly (readonly [path: string, mode: number, gid: number])[] = [
  ['etc/opt', 0o755, 0],
  ['media', 0o755, 0],
  ['mnt', 0o755, 0],
  ['opt', 0o755, 0],
  ['root', 0o700, 0],
  ['run/lock', 0o1777, 0],
  ['srv', 0o755, 0],
  ['tmp', 0o1777, 0],
  ['usr/local', 0o755, 0],
  ...['bin', 'etc', 'games', 'include', 'lib', 'sbin', 'share', 'share/man', 'src'].map(
    (name) => [`usr/local/${name}`, 0o755, 0] as const,
  ),
  ['var/mail', 0o2775, 8],
  ['var/opt', 0o755, 0],
];

/** Copies of templates that are there and whose target no package has. */
export async function templates(root: RootView): Promise<readonly Cured[]> {
  const found: Cured[] = [];
  for (const [from, to] of COPIES) {
    const bytes = exists(root, to) ? undefined : await readFile(root, from);
    if (bytes !== undefined) found.push(fileOf(to, bytes));
  }
  return found;
}

/** The folders of base-files' script. `/tmp` and `/root` are there whatever is installed. */
export function folders(root: RootView): readonly Cured[] {
  const hasBase = exists(root, 'usr/share/base-files');
  return FOLDERS.filter(
    ([path]) => (hasBase || path === 'tmp' || path === 'root') && !exists(root, path),
  ).map(([path, mode, gid]) => folderOf(path, mode, { uid: 0, gid }));
}

/** Links: dpkg's origin, the time zone, the spool of mail, local manuals. */
export function links(root: RootView): readonly Cured[] {
  const found: Cured[] = [];
  const add = (needs: string, path: string, target: string): void => {
    if (exists(root, needs) && !root.entries.has(root.locate(path as Cured[0])))
      found.push(linkOf(path, target));
  };
  add('etc/dpkg/origins/debian', 'etc/dpkg/origins/default', 'debian');
  add('usr/share/zoneinfo/Etc/UTC', 'etc/localtime', '/usr/share/zoneinfo/Etc/UTC');
  add('usr/share/base-files', 'var/spool/mail', '../mail');
  add('usr/share/base-files', 'usr/local/man', 'share/man');
  add('etc/ssl/openssl.cnf', 'usr/lib/ssl', '/etc/ssl');
  return found;
}

/** `/usr/local/lib/pythonX.Y/dist-packages`, where Debian's Python looks for what users install. */
export function pythonFolders(root: RootView): readonly Cured[] {
  return root.packages.flatMap(({ file }) => {
    const version = /^(python3\.\d+)-minimal$/.exec(file.name)?.[1];
    if (version === undefined) return [];
    return [folderOf(`usr/local/lib/${version}`), folderOf(`usr/local/lib/${version}/dist-packages`)];
  });
}
