/** `/etc/ssl/certs` as update-ca-certificates(8) makes it: one file of all, a link to each, and links by subject hash. */
import { baseName, comparePaths } from 'pycontainer';
import type { Cured, RootView } from './root-view.ts';
import { fileOf, linkOf, readFile } from './root-view.ts';
import { certificateOf, subjectHash } from './subject-hash.ts';

const SOURCE = 'usr/share/ca-certificates/';
const TARGET = 'etc/ssl/certs';

/** Trusts every certificate that ca-certificates brings. */
export async function certificates(root: RootView): Promise<readonly Cured[]> {
  const paths = [...root.entries.keys()]
    .filter((path) => path.startsWith(SOURCE) && path.endsWith('.crt'))
    .sort(comparePaths);
  if (paths.length === 0) return [];
  const found: Cured[] = [];
  const bundle: string[] = [];
  const hashes = new Map<string, number>();
  for (const path of paths) {
    const text = Buffer.from((await readFile(root, path)) ?? new Uint8Array()).toString('utf8');
    const name = `${baseName(path).slice(0, -'.crt'.length).replace(/ /g, '_').replace(/[()]/g, '=').replace(/,/g, '_')}.pem`;
    bundle.push(text.endsWith('\n') ? text : `${text}\n`);
    const hash = subjectHash(certificateOf(text, `/${path}`), `/${path}`);
    const count = hashes.get(hash) ?? 0;
    hashes.set(hash, count + 1);
    found.push(linkOf(`${TARGET}/${name}`, `/${path}`), linkOf(`${TARGET}/${hash}.${count}`, name));
  }
  const listing = paths.map((path) => `${path.slice(SOURCE.length)}\n`).join('');
  return [
    ...found,
    fileOf(`${TARGET}/ca-certificates.crt`, bundle.join('')),
    fileOf('etc/ca-certificates.conf', listing),
  ];
}
