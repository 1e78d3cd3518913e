/** What a layer of an image in a layout holds. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { readTar } from 'pycontainer';

/** Path → text of each file; folders end with a slash and have no text. */
export async function readLayer(layout: string, digest: string): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  const blob = createReadStream(join(layout, 'blobs/sha256', digest.slice('sha256:'.length)));
  await readTar(blob.pipe(createGunzip()), async ({ path, type }, body) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    found[type === 'directory' ? `${path}/` : path] = Buffer.concat(chunks).toString();
  });
  return found;
}
