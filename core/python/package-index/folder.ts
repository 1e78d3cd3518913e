/** A folder of wheels and sdists on this host, read as if it were a page of an index. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { messageOf, PycError } from '../../primitives/errors.ts';
import { parseDistributionFilename } from './file-name.ts';
import type { IndexFile, ProjectPage } from './project-page.ts';

/** A folder that stands among the indexes (`find-links`, a `file:` URL) cannot be read. Correct its path. */
export class IndexFolderError extends PycError {
  readonly code = 'PYC_INDEX_FOLDER_UNREADABLE';
}

/**
 * The files of one project, with their SHA-256; undefined where there are none.
 *
 * @param place absolute path or `file:` URL
 * @throws IndexFolderError, but for a folder that does not exist
 */
export async function folderPage(
  place: string,
  name: string,
  signal?: AbortSignal,
): Promise<ProjectPage | undefined> {
  const folder = /^file:/i.test(place) ? pathOf(place) : place;
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw new IndexFolderError(`the folder \`${folder}\` cannot be read: ${cause.message}`, {
      hint: 'correct its path in the settings of uv or pip, or in the lock',
      cause,
    });
  });
  const own = names.filter((file) => parseDistributionFilename(file)?.name === name).sort();
  if (own.length === 0) return undefined;
  const files: IndexFile[] = [];
  for (const file of own) files.push(await fileOf(join(folder, file), file, signal));
  return { name, url: pathToFileURL(folder).href, files };
}

async function fileOf(path: string, name: string, signal: AbortSignal | undefined): Promise<IndexFile> {
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of createReadStream(path, signal === undefined ? {} : { signal })) {
      hash.update(chunk as Uint8Array);
      size += (chunk as Uint8Array).length;
    }
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw new IndexFolderError(`\`${path}\` cannot be read: ${messageOf(cause)}`, {
      hint: 'make it readable, or take it out of the folder',
      cause,
    });
  }
  return {
    name,
    url: pathToFileURL(path).href,
    hashes: [`sha256:${hash.digest('hex')}`],
    requiresPython: undefined,
    yanked: undefined,
    size,
    coreMetadata: undefined,
  };
}

/** A `file:` URL of another host has no path here. */
function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new IndexFolderError(`\`${url}\` is no folder of this host`, {
      hint: 'write it as `file:///path/to/wheels`',
      cause,
    });
  }
}
