/** Signs an image that exists already, and attests documents about it. By what it is signed is the signer's matter. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ReferrerDocuments } from '../../oci/build-image.ts';
import type { Descriptor } from '../../oci/image.ts';
import { parsePlatform } from '../../oci/platform.ts';
import { mapConcurrently } from '../../primitives/concurrency.ts';
import type { Digest } from '../../primitives/digest.ts';
import { visible } from '../../primitives/path.ts';
import type { BundleSigner } from '../../signature/bundle.ts';
import { IN_TOTO } from '../../signature/dsse.ts';
import { PredicateError } from '../../signature/errors.ts';
import { jsonOf, type Predicate, predicateOf, predicateTypeOf } from '../../signature/predicates.ts';
import { bundleReferrer } from '../../signature/referrer.ts';
import { SIGNATURE_PREDICATE, statementOf } from '../../signature/statement.ts';
import { chooseImage } from '../choose.ts';
import { childrenOf } from '../graph.ts';
import { type ImagePlace, openPlace } from '../place.ts';
import type { ImageSession } from '../session.ts';
import { attach, checkWritable } from './attach.ts';
import { type SigningRequest, signerFor } from './signer.ts';

export interface SignRequest extends SigningRequest {
  readonly image: string;
  /** One image of an index alone; default all of it and the index. */
  readonly platform?: string | undefined;
}

export interface AttestRequest extends SignRequest {
  /** The file of the predicate: JSON. */
  readonly predicate: string;
  /** A URI, or a short name such as `cyclonedx`. Not needed for a file that is an in-toto statement. */
  readonly type?: string | undefined;
}

/** One statement that was signed and attached. */
export interface AttachedSignature {
  readonly subject: Digest;
  readonly predicateType: string;
  /** Of the manifest that holds the bundle. */
  readonly digest: Digest;
}

export interface SignResult {
  /** What the reference stands for. */
  readonly digest: Digest | null;
  readonly signatures: readonly AttachedSignature[];
}

const PARALLEL = 8;
/** Bytes of a predicate. */
const LARGEST = 48 * 1024 * 1024;

/** Signs the index and each of its images. @throws what opening, signing and writing throw */
export async function signImage(request: SignRequest, session: ImageSession): Promise<SignResult> {
  checkWritable(request.image, session.cwd);
  const signer = await signerFor(request, session);
  const place = await openPlace(request.image, session);
  const subjects = await subjectsOf(place, request.platform, session.signal);
  const predicate = { type: SIGNATURE_PREDICATE, value: {} };
  return await signAll(place, subjects, predicate, signer, session);
}

/** Attests a document about the index, or about one of its images. @throws PredicateError for a document that is none, and what {@link signImage} throws */
export async function attestImage(request: AttestRequest, session: ImageSession): Promise<SignResult> {
  checkWritable(request.image, session.cwd);
  const predicate = await readPredicate(request, session.cwd);
  const signer = await signerFor(request, session);
  const place = await openPlace(request.image, session);
  const { signal } = session;
  const subject =
    request.platform === undefined
      ? await place.root(signal)
      : await chooseImage(place, parsePlatform(request.platform), signal);
  return await signAll(place, [subject], predicate, signer, session);
}

async function signAll(
  place: ImagePlace,
  subjects: readonly Descriptor[],
  { type, value }: Predicate,
  signer: BundleSigner,
  session: ImageSession,
): Promise<SignResult> {
  const { signal, env } = session;
  const created = Number(env.SOURCE_DATE_EPOCH ?? 0) || 0;
  const referrers = await mapConcurrently(
    subjects,
    PARALLEL,
    signal,
    async (subject, inner): Promise<ReferrerDocuments> => {
      const bundle = await signer.bundle(statementOf(subject.digest, type, value), inner);
      return bundleReferrer(subject, bundle, type, created);
    },
  );
  await attach(place, referrers, session);
  return {
    digest: (await place.root(signal)).digest,
    signatures: referrers.map(({ subject, manifest }) => ({
      subject: subject.digest,
      predicateType: type,
      digest: manifest.descriptor.digest,
    })),
  };
}

async function subjectsOf(
  place: ImagePlace,
  platform: string | undefined,
  signal: AbortSignal,
): Promise<readonly Descriptor[]> {
  if (platform !== undefined) return [await chooseImage(place, parsePlatform(platform), signal)];
  const root = await place.root(signal);
  const children = childrenOf(await place.document(root, signal));
  // BuildKit's entries about other entries are no images.
  const images = children.filter(
    ({ annotations }) => annotations?.['vnd.docker.reference.type'] === undefined,
  );
  return [root, ...images];
}

/** @throws PredicateError */
async function readPredicate({ predicate: file, type }: AttestRequest, cwd: string): Promise<Predicate> {
  const shown = `\`${visible(file)}\``;
  const bytes = await readFile(resolve(cwd, file)).catch((cause: NodeJS.ErrnoException) => {
    throw new PredicateError(`the predicate ${shown} cannot be read (${cause.code ?? 'no reason given'})`, {
      hint: 'name a file that holds JSON',
    });
  });
  if (bytes.length > LARGEST) {
    throw new PredicateError(`the predicate ${shown} is larger than ${LARGEST} bytes`, {
      hint: 'attest a smaller document',
    });
  }
  const known = type === undefined ? undefined : predicateTypeOf(type);
  if (known !== undefined) return { type: known, value: jsonOf(bytes, shown) };
  const stated = type === undefined ? statedPredicate(bytes, shown) : undefined;
  if (stated !== undefined) return stated;
  throw new PredicateError(
    type === undefined
      ? `what the predicate ${shown} is does not stand in it`
      : `\`${visible(type)}\` is no type of predicates`,
    { hint: 'state it, as in `--type cyclonedx` or `--type https://slsa.dev/provenance/v1`' },
  );
}

/** Of a document that is a whole statement. */
function statedPredicate(bytes: Uint8Array, shown: string): Predicate | undefined {
  try {
    return predicateOf(IN_TOTO, bytes, shown);
  } catch {
    return undefined;
  }
}
