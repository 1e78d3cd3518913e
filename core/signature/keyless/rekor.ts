/** Rekor, the transparency log: an entry about an envelope (API version 1, kind `dsse`), in the form that bundles have. */
import * as z from 'zod';
import { KeylessError } from '../errors.ts';
import { askService, pathOf, type Services } from './services.ts';

const Entry = z.object({
  body: z.base64(),
  integratedTime: z.int(),
  logID: z.string().regex(/^[0-9a-f]{64}$/),
  logIndex: z.int(),
  verification: z.object({
    signedEntryTimestamp: z.base64(),
    inclusionProof: z
      .object({
        checkpoint: z.string(),
        hashes: z.array(z.string().regex(/^[0-9a-f]{64}$/)),
        logIndex: z.int(),
        rootHash: z.string().regex(/^[0-9a-f]{64}$/),
        treeSize: z.int(),
      })
      .optional(),
  }),
});
const Answer = z.record(z.string(), Entry);

/** An entry as a bundle has it. @param certificate DER @throws KeylessError */
export async function logEntry(
  services: Services,
  envelope: string,
  certificate: Uint8Array,
): Promise<object> {
  const answer = await askService(services, 'Rekor', [201], {
    url: pathOf(services.rekor, '/api/v1/log/entries'),
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({
      apiVersion: '0.0.1',
      kind: 'dsse',
      spec: {
        proposedContent: { envelope, verifiers: [Buffer.from(pemOf(certificate)).toString('base64')] },
      },
    }),
  });
  const entry = entryOf(answer);
  if (entry === undefined) {
    throw new KeylessError('Rekor gave no entry', {
      hint: 'check that its address is that of a Rekor of version 1',
    });
  }
  const { inclusionProof: proof, signedEntryTimestamp } = entry.verification;
  return {
    logIndex: String(entry.logIndex),
    logId: { keyId: fromHex(entry.logID) },
    kindVersion: { kind: 'dsse', version: '0.0.1' },
    integratedTime: String(entry.integratedTime),
    inclusionPromise: { signedEntryTimestamp },
    ...(proof === undefined
      ? {}
      : {
          inclusionProof: {
            logIndex: String(proof.logIndex),
            rootHash: fromHex(proof.rootHash),
            treeSize: String(proof.treeSize),
            hashes: proof.hashes.map(fromHex),
            checkpoint: { envelope: proof.checkpoint },
          },
        }),
    canonicalizedBody: entry.body,
  };
}

function entryOf(bytes: Uint8Array): z.infer<typeof Entry> | undefined {
  try {
    const parsed = Answer.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    return parsed.success ? Object.values(parsed.data)[0] : undefined;
  } catch {
    return undefined;
  }
}

function pemOf(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function fromHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}
