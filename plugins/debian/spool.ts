/**
 * A temporary file that holds what packages unpack to, one file's bytes after the other: xz cannot be read
 * from the middle, and a layer's writer wants content that lies still.
 */
import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import type { BlobDraft, Content } from 'pycontainer';
import { streamOf } from 'pycontainer';

/** Bytes gathered before they are written. */
const BATCH = 1024 * 1024;

export interface Spool {
  /** Appends a file. The content is valid until the spool is removed. */
  append(chunks: AsyncIterable<Uint8Array>): Promise<Content>;
  /** Must be called before content is read. */
  flush(): Promise<void>;
  remove(): Promise<void>;
}

/** Opens a spool over a temporary file of the store. */
export async function openSpool(draft: BlobDraft): Promise<Spool> {
  const { file } = draft;
  const handle = await open(file, 'r+');
  const batch: Uint8Array[] = [];
  let gathered = 0;
  let end = 0;
  const flush = async (): Promise<void> => {
    if (gathered === 0) return;
    await writeWhole(handle, Buffer.concat(batch.splice(0), gathered), end - gathered);
    gathered = 0;
  };
  return {
    async append(chunks) {
      const offset = end;
      for await (const chunk of chunks) {
        batch.push(chunk);
        gathered += chunk.length;
        end += chunk.length;
        if (gathered >= BATCH) await flush();
      }
      return contentIn(file, offset, end - offset);
    },
    flush,
    async remove() {
      await handle.close();
      await draft.discard();
    },
  };
}

async function writeWhole(handle: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
  }
}

function contentIn(file: string, offset: number, size: number): Content {
  if (size === 0) return { size: 0, bytes: new Uint8Array(0), open: () => streamOf(new Uint8Array(0)) };
  return {
    size,
    range: { file, offset, size },
    open: () => createReadStream(file, { start: offset, end: offset + size - 1 }),
  };
}
