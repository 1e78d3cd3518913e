/** `--output sbom:FILE`: the document of the image, or of the index of several, as a file. */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import {
  type Destination,
  type DestinationRequest,
  digestOf,
  type FinishedBuild,
  type PluginApi,
  PycError,
} from 'pycontainer';
import type { Describer } from './describe.ts';
import type { Format } from './options.ts';

/** The file that an SBOM is to be written to cannot be written. Name another one, or make room for it. */
export class SbomFileError extends PycError {
  readonly code = 'PYC_SBOM_FILE_WRITE';
}

/** @param format where the name does not end in `.spdx.json` */
export function fileDestination(
  { spec, location }: DestinationRequest,
  describer: Describer,
  format: Format,
  { config }: PluginApi,
): Destination {
  const file = isAbsolute(location) ? location : resolve(config.directory, location);
  const written: Format = file.endsWith('.spdx.json') ? 'spdx' : format;
  return {
    name: spec,
    async publish(build) {
      const bytes = await documentOfBuild(build, written, describer);
      await replaceFile(file, bytes);
      return {
        destination: spec,
        reference: file,
        digest: digestOf(bytes),
        bytesUploaded: 0,
        blobsUploaded: 0,
        blobsMounted: 0,
        blobsPresent: 0,
      };
    },
  };
}

/** The one document of a build: of its index where it has several images. */
export function documentOfBuild(
  { images, index }: Pick<FinishedBuild, 'images' | 'index'>,
  format: Format,
  describer: Describer,
): Promise<Uint8Array> {
  return index === undefined
    ? describer.ofImage(images[0]!, format)
    : describer.ofIndex({ ...index, images }, format);
}

/** Whoever reads it meanwhile sees the old one whole. */
async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  const beside = join(dirname(file), `.${randomUUID()}.tmp`);
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(beside, bytes, { flag: 'wx' });
    await rename(beside, file);
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => undefined);
    throw new SbomFileError(`the SBOM cannot be written to \`${file}\``, {
      cause,
      hint: 'name a file in a folder that this user may write to',
    });
  }
}
