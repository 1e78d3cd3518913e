/** A planned wheel as a part of the tree: laid out as the wheel would be that the backend builds. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { digestOfJson } from '../../primitives/digest.ts';
import { messageOf, PycError } from '../../primitives/errors.ts';
import type { Part, PartRole, PartWheel } from '../../primitives/file-tree.ts';
import { breathe, readHostFile } from '../../primitives/host-file.ts';
import { visible } from '../../primitives/path.ts';
import { parseEntryPoints } from '../entry-points.ts';
import { contentOfBytes } from '../install/content.ts';
import { LAYOUT_RULES } from '../install/part.ts';
import type { InstallTarget } from '../install/scheme.ts';
import type { SourceMember, WheelSource } from '../install/source.ts';
import { layOutSource } from '../install.ts';
import { parseMetadata } from '../metadata.ts';
import { inWheel } from '../wheel/errors.ts';
import type { PlannedFile, PlannedWheel } from './plan.ts';

/**
 * A file of the project that goes into its package cannot be read, or changed while it was read. Make it readable, or build
 * again when nothing writes to it.
 */
export class ProjectFileError extends PycError {
  readonly code = 'PYC_PROJECT_FILE_UNREADABLE';
}

export interface PlannedPartOptions {
  /** Unique in the tree. */
  readonly name: string;
  readonly role: PartRole;
  readonly target: InstallTarget;
  readonly signal: AbortSignal;
  /** Keeps the wheel as a file on this host, for an output that wants it. */
  keep(name: string, bytes: AsyncIterable<Uint8Array>): ReturnType<PartWheel['open']>;
}

/**
 * Reads and hashes the project's files; its key follows from what they hold.
 *
 * @param directory absolute
 * @throws ProjectFileError; PycError for what laying out refuses
 */
export async function partOfPlannedWheel(
  wheel: PlannedWheel,
  directory: string,
  { name, role, target, signal, keep }: PlannedPartOptions,
): Promise<Part> {
  const members: SourceMember[] = [];
  for (const [count, file] of wheel.files.entries()) {
    if (count % 256 === 255) await breathe(signal);
    members.push(await memberOf(file, directory, signal));
  }
  const source = sourceOf(wheel, members);
  const { items, record } = layOutSource(source, { target });
  const { prefix, implementation, pythonVersion, abi } = target;
  return {
    name,
    key: digestOfJson({
      kind: 'planned wheel',
      rules: LAYOUT_RULES,
      environment: { prefix, implementation, pythonVersion, abi },
      entries: record.entries,
    }),
    role,
    size: items.reduce((sum, [, entry]) => sum + (entry.type === 'file' ? entry.content.size : 0), 0),
    wheel: {
      name: wheel.fileName,
      async open() {
        const { wheelFileOf } = await import('./wheel-file.ts');
        return keep(wheel.fileName, wheelFileOf(source));
      },
    },
    record: async () => record,
    async *entries() {
      yield* items;
    },
  };
}

function sourceOf(
  { fileName, distInfo, files }: PlannedWheel,
  members: readonly SourceMember[],
): WheelSource {
  const textOf = (name: string): string => {
    const found = files.find(({ path }) => path === `${distInfo}/${name}`);
    return found !== undefined && 'bytes' in found ? found.bytes.toString() : '';
  };
  const data = `${distInfo.slice(0, -'.dist-info'.length)}.data`;
  return inWheel(fileName, () => ({
    fileName,
    distInfo,
    dataFolder: files.some(({ path }) => path.startsWith(`${data}/`)) ? data : undefined,
    metadata: parseMetadata(textOf('METADATA')),
    entryPoints: parseEntryPoints(textOf('entry_points.txt')),
    members,
  }));
}

async function memberOf(file: PlannedFile, directory: string, signal: AbortSignal): Promise<SourceMember> {
  const base = { name: file.path, isExecutable: file.mode === 0o755 };
  if ('bytes' in file) {
    const { bytes } = file;
    const content = contentOfBytes(bytes);
    return {
      ...base,
      readPrefix: (wanted) => bytes.subarray(0, wanted),
      read: () => bytes,
      content: () => ({ content, sha256: content.sha256 }),
    };
  }
  const path = join(directory, file.source);
  try {
    const { content } = await readHostFile(path, signal);
    return {
      ...base,
      readPrefix: (wanted) => readPrefix(path, wanted),
      read: () => readFileSync(path),
      content: () => ({ content, sha256: content.sha256 }),
    };
  } catch (cause) {
    signal.throwIfAborted();
    throw new ProjectFileError(`\`${visible(file.source)}\` cannot be read: ${messageOf(cause)}`, {
      hint: 'make it readable, and build again when nothing writes to it',
      cause,
    });
  }
}

function readPrefix(path: string, wanted: number): Buffer {
  const descriptor = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(wanted);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, wanted, 0));
  } finally {
    closeSync(descriptor);
  }
}
