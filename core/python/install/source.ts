/** A wheel as laying out needs it: one that was opened, or one that exists as a plan alone. */
import type { Digest } from '../../primitives/digest.ts';
import type { Content } from '../../primitives/file-tree.ts';
import { MAX_METADATA } from '../../primitives/limits.ts';
import type { EntryPoints } from '../entry-points.ts';
import type { Metadata } from '../metadata.ts';
import type { RecordHash } from '../record.ts';
import { checkRecordHash, type Wheel, type WheelMember } from '../wheel.ts';
import { contentOfBytes, contentOfEntry } from './content.ts';

export interface WheelSource {
  readonly fileName: string;
  readonly distInfo: string;
  /** Name of the `.data` folder, where there is one. */
  readonly dataFolder: string | undefined;
  readonly metadata: Metadata;
  readonly entryPoints: EntryPoints;
  /** Every file but RECORD and its signatures. */
  readonly members: readonly SourceMember[];
}

export interface SourceMember {
  /** Path in the wheel. */
  readonly name: string;
  readonly isExecutable: boolean;
  /** The content's first bytes, at least `wanted` where it has so many. */
  readPrefix(wanted: number): Buffer;
  /** A script, whole and checked. */
  read(): Buffer;
  /** The content, with what RECORD says of it where that is known already. */
  content(): { readonly content: Content; readonly sha256: Digest; readonly hash?: RecordHash };
}

export function sourceOfWheel(wheel: Wheel): WheelSource {
  const { fileName, distInfo, dataFolder, metadata, entryPoints, members } = wheel;
  return {
    fileName,
    distInfo,
    dataFolder,
    metadata,
    entryPoints,
    members: members.map((member) => memberOf(wheel, member)),
  };
}

function memberOf({ archive, fileName }: Wheel, member: WheelMember): SourceMember {
  const { entry, hash } = member;
  return {
    name: entry.name,
    isExecutable: (entry.mode & 0o111) !== 0,
    readPrefix: (wanted) => archive.readPrefix(entry, wanted),
    read() {
      const script = archive.read(entry, MAX_METADATA);
      checkRecordHash(script, hash, entry.name);
      return script;
    },
    content() {
      const sha256 = sha256Of(archive, member);
      const content = contentOfEntry(archive.path, fileName, entry, sha256);
      return hash.algorithm === 'sha256' ? { content, sha256, hash } : { content, sha256 };
    },
  };
}

/**
 * The SHA-256 that RECORD states. Where it states another hash the content is read to find its SHA-256; where content is
 * stored, to check its CRC-32, which nobody does later.
 */
function sha256Of(archive: Wheel['archive'], { entry, hash }: WheelMember): Digest {
  if (hash.algorithm === 'sha256') {
    if (entry.method === 0) archive.check(entry);
    return `sha256:${Buffer.from(hash.value, 'base64url').toString('hex')}` as Digest;
  }
  const content = archive.read(entry);
  checkRecordHash(content, hash, entry.name);
  return contentOfBytes(content).sha256;
}
