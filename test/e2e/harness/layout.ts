/** Reads OCI layouts with as little as possible, so that what the program wrote is not read by its own code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface LayoutDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export interface LayoutManifest {
  readonly config: LayoutDescriptor;
  readonly layers: readonly LayoutDescriptor[];
}

/** The file of a blob. */
export function blobFile(layout: string, digest: string): string {
  return join(layout, 'blobs', ...digest.split(':'));
}

/** Of the image with a digest. */
export function manifestOf(layout: string, digest: string): LayoutManifest {
  return JSON.parse(readFileSync(blobFile(layout, digest), 'utf8')) as LayoutManifest;
}

/** The names of all blobs. */
export function blobsOf(layout: string): string[] {
  return readdirSync(join(layout, 'blobs/sha256')).sort();
}
