/**
 * `/etc/passwd` and `/etc/group`: base-passwd's masters, the account that images run as, and what packages
 * declare in `sysusers.d` (sysusers.d(5)). Accounts that scripts make by `adduser` are not known here.
 */
import { visible } from 'pycontainer';
import type { Cured, RootView } from './root-view.ts';
import { fileOf, folderOf, readFile } from './root-view.ts';

/** User and group that images run as. */
export const NONROOT = { name: 'nonroot', id: 65532, home: '/home/nonroot' } as const;

const NOLOGIN = '/usr/sbin/nologin';
/** sysusers.d(5): ids that are not stated are given from here down. */
const FIRST_SYSTEM_ID = 999;

interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly comment: string;
  readonly home: string;
  readonly shell: string;
}

interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** Nothing without base-passwd: then the accounts are somebody else's matter. */
export async function accounts(root: RootView): Promise<readonly Cured[]> {
  const [passwd, group] = await Promise.all(
    ['passwd', 'group'].map((name) => readFile(root, `usr/share/base-passwd/${name}.master`)),
  );
  if (passwd === undefined || group === undefined) return [];
  const users = new Map(
    lines(passwd)
      .flatMap(parseUser)
      .map((user) => [user.name, user]),
  );
  const groups = new Map(
    lines(group)
      .flatMap(parseGroup)
      .map((each) => [each.name, each]),
  );
  const { name, id, home } = NONROOT;
  groups.set(name, { name, gid: id, members: [] });
  users.set(name, { name, uid: id, gid: id, comment: name, home, shell: NOLOGIN });
  for (const line of await declarations(root)) declare(line, users, groups);
  return [
    fileOf('etc/passwd', [...users.values()].map(formatUser).join('')),
    fileOf('etc/group', [...groups.values()].map(formatGroup).join('')),
    folderOf('home/nonroot', 0o700, { uid: id, gid: id }),
  ];
}

function lines(bytes: Uint8Array): readonly string[] {
  return Buffer.from(bytes).toString('utf8').split('\n');
}

function parseUser(line: string): User[] {
  const [name, , uid, gid, comment, home, shell] = line.split(':');
  if (name === undefined || shell === undefined) return [];
  return [{ name, uid: Number(uid), gid: Number(gid), comment: comment ?? '', home: home ?? '/', shell }];
}

function parseGroup(line: string): Group[] {
  const [name, , gid, members] = line.split(':');
  if (name === undefined || gid === undefined) return [];
  return [{ name, gid: Number(gid), members: (members ?? '').split(',').filter((member) => member !== '') }];
}

function formatUser({ name, uid, gid, comment, home, shell }: User): string {
  return `${name}:*:${uid}:${gid}:${comment}:${home}:${shell}\n`;
}

function formatGroup({ name, gid, members }: Group): string {
  return `${name}:*:${gid}:${members.join(',')}\n`;
}

/** The lines of all sysusers.d files: `g` before `u` before `m`, as systemd-sysusers takes them. */
async function declarations(root: RootView): Promise<readonly (readonly string[])[]> {
  const files = [...root.entries.keys()]
    .filter((path) => /^usr\/lib\/sysusers\.d\/[^/]+\.conf$/.test(path))
    .sort();
  const found: string[][] = [];
  for (const file of files) {
    for (const line of lines((await readFile(root, file)) ?? new Uint8Array())) {
      const words = line.trim().match(/"(?:[^"\\]|\\.)*"|'[^']*'|\S+/g) ?? [];
      if (words.length >= 2 && !words[0]!.startsWith('#'))
        found.push(words.map((word) => word.replace(/^["']|["']$/g, '')));
    }
  }
  const rank = (line: readonly string[]): number => 'gum'.indexOf(line[0]![0]!);
  return found.filter((line) => rank(line) !== -1).sort((a, b) => rank(a) - rank(b));
}

function declare(line: readonly string[], users: Map<string, User>, groups: Map<string, Group>): void {
  const [type, name = '', id = '-', comment = '-', home = '-', shell = '-'] = line;
  if (!/^[A-Za-z_][A-Za-z0-9_-]{0,30}$/.test(name)) return;
  if (type === 'm') {
    const group = groups.get(id);
    if (group !== undefined && users.has(name) && !group.members.includes(name)) {
      groups.set(id, { ...group, members: [...group.members, name] });
    }
    return;
  }
  const [uid, gid = uid] = id.split(':');
  if (type === 'g') {
    if (!groups.has(name))
      groups.set(name, { name, gid: numberOf(uid) ?? freeId(users, groups), members: [] });
    return;
  }
  if (users.has(name)) return;
  const own = numberOf(uid) ?? freeId(users, groups);
  const primary = numberOf(gid) ?? groups.get(gid ?? '')?.gid ?? groups.get(name)?.gid ?? own;
  if (![...groups.values()].some((group) => group.gid === primary))
    groups.set(name, { name, gid: primary, members: [] });
  const plain = (word: string, otherwise: string): string =>
    word === '-' || /[:\n]/.test(word) ? otherwise : visible(word);
  users.set(name, {
    name,
    uid: own,
    gid: primary,
    comment: plain(comment, ''),
    home: plain(home, '/'),
    shell: plain(shell, NOLOGIN),
  });
}

function numberOf(word: string | undefined): number | undefined {
  return word !== undefined && /^\d{1,9}$/.test(word) ? Number(word) : undefined;
}

function freeId(users: ReadonlyMap<string, User>, groups: ReadonlyMap<string, Group>): number {
  const taken = new Set([
    ...[...users.values()].map(({ uid }) => uid),
    ...[...groups.values()].map(({ gid }) => gid),
  ]);
  let id = FIRST_SYSTEM_ID;
  while (taken.has(id)) id -= 1;
  return id;
}
