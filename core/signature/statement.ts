/** In-toto statements, version 1: a predicate about subjects that are named by their digests. What predicates say is not known here. */
import * as z from 'zod';
import { type Digest, hexOf } from '../primitives/digest.ts';
import { BundleError } from './errors.ts';

/** The predicate of a signature alone, as cosign writes it. */
export const SIGNATURE_PREDICATE = 'https://sigstore.dev/cosign/sign/v1';

const STATEMENT = 'https://in-toto.io/Statement/v1';
/** Older ones are read too. */
const STATEMENTS = [STATEMENT, 'https://in-toto.io/Statement/v0.1'];

/** What a statement says, as far as it matters to who verifies it. */
export interface Statement {
  readonly predicateType: string;
  readonly predicate: unknown;
  /** SHA-256 of each subject, in hexadecimal. */
  readonly subjects: readonly string[];
}

const Shape = z.object({
  _type: z.enum(STATEMENTS),
  subject: z
    .array(z.object({ name: z.string().optional(), digest: z.record(z.string(), z.string()) }))
    .min(1),
  predicateType: z.string().min(1),
  predicate: z.unknown(),
});

/** The payload of a statement about one image. @param predicate JSON */
export function statementOf(subject: Digest, predicateType: string, predicate: unknown): Uint8Array {
  return Buffer.from(
    JSON.stringify({
      _type: STATEMENT,
      subject: [{ digest: { sha256: hexOf(subject) } }],
      predicateType,
      predicate,
    }),
  );
}

/** @throws BundleError */
export function parseStatement(payload: Uint8Array, shown: string): Statement {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    throw new BundleError(`the statement in ${shown} is no JSON`, { hint: 'sign the image again' });
  }
  const parsed = Shape.safeParse(value);
  if (!parsed.success) {
    throw new BundleError(`what is signed in ${shown} is no in-toto statement`, {
      hint: 'sign the image again',
    });
  }
  const { predicateType, predicate, subject } = parsed.data;
  return { predicateType, predicate, subjects: subject.flatMap(({ digest }) => digest.sha256 ?? []) };
}
