/** The verbs that sign images and verify them, as programs and the command line call them. What they run is loaded when one is called. */
import { type ImageOptions, type ImageVerbReport, runImageVerb } from './image-session.ts';
import type { AttestRequest, SignRequest, SignResult } from './images/signatures/sign.ts';
import type { VerifyRequest, VerifyResult } from './images/signatures/verify.ts';

/** What {@link signImage} takes. */
export interface SignOptions extends ImageOptions, SignRequest {}
/** What {@link attestImage} takes. */
export interface AttestOptions extends ImageOptions, AttestRequest {}
/** What {@link verifyImage} takes. */
export interface VerifyOptions extends ImageOptions, VerifyRequest {}

export type SignReport = ImageVerbReport & SignResult;
export type VerifyReport = ImageVerbReport & VerifyResult;

const NOT_SIGNED: SignResult = { digest: null, signatures: [] };
const NOT_VERIFIED: VerifyResult = { digest: null, verified: [], refused: [] };

/** Signs an image of a registry or a layout: its index and each of its platforms. Never rejects. */
export function signImage(options: SignOptions): Promise<SignReport> {
  return runImageVerb('sign', options, NOT_SIGNED, async (session) => {
    const { signImage } = await import('./images/signatures/sign.ts');
    return await signImage(options, session);
  });
}

/** Signs a document about an image, and hangs it there. Never rejects. */
export function attestImage(options: AttestOptions): Promise<SignReport> {
  return runImageVerb('attest', options, NOT_SIGNED, async (session) => {
    const { attestImage } = await import('./images/signatures/sign.ts');
    return await attestImage(options, session);
  });
}

/** Verifies who signed an image, and what was signed about it. Never rejects: what is not as demanded is `error` in the report. */
export function verifyImage(options: VerifyOptions): Promise<VerifyReport> {
  return runImageVerb('verify', options, NOT_VERIFIED, async (session) => {
    const { verifyImage } = await import('./images/signatures/verify.ts');
    return await verifyImage(options, session);
  });
}
