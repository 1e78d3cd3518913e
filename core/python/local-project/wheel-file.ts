/** A planned wheel as a file, for those who want the wheel itself and not what is installed of it. */
import { type StoredFile, storedZip } from '../../archive/zip/stored-zip.ts';
import { readAll } from '../../primitives/bytes.ts';
import { digestOf, hexOf } from '../../primitives/digest.ts';
import { MAX_ENTRY_SIZE } from '../../primitives/limits.ts';
import { visible } from '../../primitives/path.ts';
import type { WheelSource } from '../install/source.ts';
import { formatRecord, type RecordRow } from '../record.ts';
import { ProjectFileError } from './part.ts';

/**
 * The bytes of the wheel, RECORD last. Nothing in it is compressed.
 *
 * @throws ProjectFileError where a file is not what it was when the wheel was planned; ZipTooLargeError
 */
export function wheelFileOf(wheel: WheelSource): AsyncIterable<Uint8Array> {
  return storedZip(filesOf(wheel));
}

async function* filesOf({ members, distInfo }: WheelSource): AsyncGenerator<StoredFile> {
  const rows: RecordRow[] = [];
  for (const member of members) {
    const { content, sha256 } = member.content();
    const bytes = await readAll(content.open(), MAX_ENTRY_SIZE, `\`${visible(member.name)}\``);
    if (digestOf(bytes) !== sha256) {
      throw new ProjectFileError(`\`${visible(member.name)}\` changed while it was read`, {
        hint: 'build again when nothing writes to it',
      });
    }
    rows.push({
      path: member.name,
      hash: { algorithm: 'sha256', value: Buffer.from(hexOf(sha256), 'hex').toString('base64url') },
      size: bytes.length,
    });
    yield { name: member.name, mode: member.isExecutable ? 0o755 : 0o644, bytes };
  }
  const own = `${distInfo}/RECORD`;
  const record = formatRecord([...rows, { path: own, hash: undefined, size: undefined }]);
  yield { name: own, mode: 0o644, bytes: Buffer.from(record) };
}
