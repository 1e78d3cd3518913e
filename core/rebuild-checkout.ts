/** Whether a folder holds what an image was built of, as far as its provenance names it: commit, lock, files of the configuration. */
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  type BuildDefinition,
  dependenciesOfKind,
  type RecordedDependency,
} from './images/provenance/statement.ts';
import { gitStateOf } from './pipeline/git.ts';
import { digestFromHex } from './primitives/digest.ts';
import { PycError } from './primitives/errors.ts';
import { readHostFile } from './primitives/host-file.ts';
import type { Log } from './primitives/log.ts';
import { visible } from './primitives/path.ts';

/**
 * The folder does not hold what the image was built of: another commit is checked out, or the lock or the configuration is another
 * one. Each difference is listed. Check out what the provenance names.
 */
export class CheckoutDiffersError extends PycError {
  readonly code = 'PYC_REBUILD_CHECKOUT_DIFFERS';
}

/**
 * @param directory absolute: the project's folder
 * @throws CheckoutDiffersError with all that differs
 */
export async function checkCheckout(
  provenance: BuildDefinition,
  directory: string,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const files = [
    ...dependenciesOfKind(provenance, 'lock'),
    ...dependenciesOfKind(provenance, 'configuration'),
  ];
  const details = [
    ...(await Promise.all(
      dependenciesOfKind(provenance, 'sources').map((one) => sourcesDiffer(one, directory, log, signal)),
    )),
    ...(await Promise.all(files.map((one) => fileDiffers(one, directory, signal)))),
  ].flat();
  if (details.length === 0) return;
  throw new CheckoutDiffersError(`\`${visible(directory)}\` does not hold what the image was built of`, {
    hint: 'check out what its provenance names, with nothing changed',
    details,
  });
}

interface Difference {
  readonly name: string;
  readonly reason: string;
}

async function sourcesDiffer(
  { digest, annotations }: RecordedDependency,
  directory: string,
  log: Log,
  signal: AbortSignal,
): Promise<Difference[]> {
  const wanted = digest?.gitCommit;
  const state = await gitStateOf(directory, signal);
  if (wanted === undefined || state === undefined) return [];
  if (state.commit !== wanted) {
    return [
      { name: 'commit', reason: `the image is of ${visible(wanted)}, and ${state.commit} is checked out` },
    ];
  }
  if (state.dirty || annotations?.dirty === true) {
    log.warn({
      /**
       * The image was built of files that were not committed, or the checkout holds such files now: that it is the same commit says
       * less then. What differs in the end is told file by file.
       */
      code: 'PYC_REBUILD_NOT_COMMITTED',
      message: state.dirty
        ? 'the checkout has changes that are not committed'
        : 'the image was built of changes that were not committed',
    });
  }
  return [];
}

async function fileDiffers(
  { name, digest }: RecordedDependency,
  directory: string,
  signal: AbortSignal,
): Promise<Difference[]> {
  const wanted = digest?.sha256;
  if (name === undefined || wanted === undefined || !/^[0-9a-f]{64}$/.test(wanted)) return [];
  const shown = visible(name);
  try {
    const { content } = await readHostFile(await realpath(resolve(directory, name)), signal);
    if (content.sha256 === digestFromHex(wanted)) return [];
    return [
      { name: shown, reason: `the image was built with sha256:${wanted}, and it is ${content.sha256}` },
    ];
  } catch {
    signal.throwIfAborted();
    return [{ name: shown, reason: 'the image was built with it, and it is not there' }];
  }
}
