/** A transparency log in memory: entries, the tree of their hashes (RFC 6962, section 2.1), and proofs of both. */
import { createHash, sign } from 'node:crypto';
import { stableJson } from '../../primitives/digest.ts';
import { type KeyPair, spkiOf } from './certificates.ts';

export interface TransparencyLog {
  /** Notes a body, and gives what Rekor answers. @param origin names the log in checkpoints */
  add(body: object, date: Date, origin: string): object;
  readonly size: number;
}

const hash = (prefix: number, ...parts: readonly Uint8Array[]): Buffer =>
  parts
    .reduce((made, part) => made.update(part), createHash('sha256').update(Buffer.from([prefix])))
    .digest();

export function createTransparencyLog(keys: KeyPair): TransparencyLog {
  const leaves: Buffer[] = [];
  const id = createHash('sha256').update(spkiOf(keys)).digest();
  return {
    get size() {
      return leaves.length;
    },
    add(value, date, origin) {
      const body = Buffer.from(stableJson(value));
      const logIndex = leaves.push(hash(0, body)) - 1;
      const entry = {
        body: body.toString('base64'),
        integratedTime: Math.floor(date.getTime() / 1000),
        logID: id.toString('hex'),
        logIndex,
      };
      const root = rootOf(leaves);
      const note = `${origin}\n${leaves.length}\n${root.toString('base64')}\n`;
      const noteSignature = Buffer.concat([
        id.subarray(0, 4),
        sign('sha256', Buffer.from(note), keys.privateKey),
      ]);
      return {
        [`${'0'.repeat(16)}${leaves[logIndex]!.toString('hex')}`]: {
          ...entry,
          verification: {
            signedEntryTimestamp: sign('sha256', Buffer.from(stableJson(entry)), keys.privateKey).toString(
              'base64',
            ),
            inclusionProof: {
              checkpoint: `${note}\n— ${origin} ${noteSignature.toString('base64')}\n`,
              hashes: pathOf(leaves, logIndex).map((each) => each.toString('hex')),
              logIndex,
              rootHash: root.toString('hex'),
              treeSize: leaves.length,
            },
          },
        },
      };
    },
  };
}

/** The largest power of two below a number. */
function splitOf(count: number): number {
  let half = 1;
  while (half * 2 < count) half *= 2;
  return half;
}

function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0]!;
  const half = splitOf(leaves.length);
  return hash(1, rootOf(leaves.slice(0, half)), rootOf(leaves.slice(half)));
}

function pathOf(leaves: readonly Buffer[], index: number): Buffer[] {
  if (leaves.length <= 1) return [];
  const half = splitOf(leaves.length);
  return index < half
    ? [...pathOf(leaves.slice(0, half), index), rootOf(leaves.slice(half))]
    : [...pathOf(leaves.slice(half), index - half), rootOf(leaves.slice(0, half))];
}
