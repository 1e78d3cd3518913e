/** Finds the Python of a base for the verbs on finished images, as a build finds it: what either read, both remember. */
import type { ImageSession } from './images/session.ts';
import type { Image } from './oci/image.ts';
import { createBaseFileReader } from './pipeline/base-files.ts';
import { findPython } from './pipeline/defaults/python.ts';
import type { PythonInBase } from './pipeline/values.ts';

/** @throws what detection throws where the base says too little */
export async function pythonOfBase(
  base: Image,
  reference: string,
  { store, log, signal }: ImageSession,
): Promise<PythonInBase> {
  const session = { store, log, signal, dryRun: false, noCache: false };
  // Its layers only pass through: none of them is needed on this host.
  const files = createBaseFileReader(signal, { needsLayers: false, store });
  return await findPython({ platform: base.platform, base, reference }, {}, session, files);
}
