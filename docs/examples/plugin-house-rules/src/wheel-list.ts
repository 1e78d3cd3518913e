/**
 * A lock of the house's own: a file with the address of one wheel a line, `URL#sha256=HEX`. Where a distribution has several,
 * the one that fits best is taken; where none fits, each is named with its reason.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Distribution, type LockFile, PycError, type Rejection, visible } from 'pycontainer';
import {
  bestRank,
  compatibleTags,
  parseWheelFilename,
  tagRanks,
  type WheelFilename,
} from 'pycontainer/python';

/** A line of the list is no address of a wheel with its SHA-256. `details` lists every such line. */
export class WheelListError extends PycError {
  readonly code = 'PYC_WHEEL_LIST_INVALID';
}

interface Listed {
  readonly url: string;
  readonly file: string;
  readonly sha256: string;
  readonly wheel: WheelFilename;
}

/** Undefined where the project has no such file. @throws WheelListError */
export async function readWheelList(directory: string, path: string): Promise<LockFile | undefined> {
  const text = await readFile(join(directory, path), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const byName = new Map<string, Listed[]>();
  for (const one of parse(path, text))
    byName.set(one.wheel.name, [...(byName.get(one.wheel.name) ?? []), one]);
  return {
    path,
    format: 'wheel-list',
    select(target) {
      const ranks = tagRanks(compatibleTags(target));
      const chosen: Distribution[] = [];
      const rejected: Rejection[] = [];
      for (const [name, listed] of [...byName].sort(([a], [b]) => (a < b ? -1 : 1))) {
        const rank = ({ wheel }: Listed): number => bestRank(wheel.tags, ranks);
        const best = listed.reduce((one, other) => (rank(other) < rank(one) ? other : one));
        const version = best.wheel.version.toString();
        if (rank(best) !== Number.POSITIVE_INFINITY) {
          const file = { name: best.file, url: best.url, hashes: [`sha256:${best.sha256}`] };
          chosen.push({ name, version, source: 'wheel', file, requestedBy: [path] });
          continue;
        }
        const files = listed.map(({ file }) => ({ name: file, reason: 'none of its tags fits' }));
        rejected.push({ name, version, reason: 'no wheel of the list fits', files });
      }
      return { chosen, rejected };
    },
  };
}

/** Empty lines and those that begin with `#` say nothing. */
function parse(path: string, text: string): readonly Listed[] {
  const faults: { readonly line: number; readonly text: string }[] = [];
  const listed = text.split(/\r?\n/).flatMap((raw, index): Listed[] => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return [];
    const found = entryOf(line);
    if (found === undefined) faults.push({ line: index + 1, text: visible(line) });
    return found === undefined ? [] : [found];
  });
  if (faults.length === 0) return listed;
  const places = faults.map(({ line }) => `${path}:${line}`).join(', ');
  throw new WheelListError(`these lines are no addresses of wheels: ${places}`, {
    hint: 'write each as in `https://example.com/shop-1.0-py3-none-any.whl#sha256=…`',
    details: faults,
  });
}

function entryOf(line: string): Listed | undefined {
  const url = URL.canParse(line) ? new URL(line) : undefined;
  const sha256 = /^#sha256=([0-9a-f]{64})$/.exec(url?.hash ?? '')?.[1];
  if (url === undefined || sha256 === undefined || !/^https?:$/.test(url.protocol)) return undefined;
  url.hash = '';
  try {
    const file = decodeURIComponent(url.pathname.slice(url.pathname.lastIndexOf('/') + 1));
    return { url: url.href, file, sha256, wheel: parseWheelFilename(file) };
  } catch {
    return undefined;
  }
}
