/** A certificate authority of a run's own, which no program trusts unless it is told to. */
import { join } from 'node:path';
import { run } from './processes.ts';
import { newFolder } from './workspace.ts';

export interface KeyPair {
  /** Files, PEM. */
  readonly certificate: string;
  readonly key: string;
}

export interface Authority {
  /** Its own certificate: a file, PEM. */
  readonly certificate: string;
  /** For a server of these names and addresses of this machine, or for a client. */
  issue(name: string): Promise<KeyPair>;
}

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'] as const;

/** Makes one. */
export async function createAuthority(): Promise<Authority> {
  const folder = newFolder('authority');
  const own = { certificate: join(folder, 'ca.crt'), key: join(folder, 'ca.key') };
  await run([
    ...(['openssl', 'req', '-x509', ...CURVE, '-days', '2', '-subj', '/CN=end-to-end authority'] as const),
    ...['-keyout', own.key, '-out', own.certificate],
  ]);
  return {
    certificate: own.certificate,
    async issue(name) {
      const pair = { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
      await run([
        ...(['openssl', 'req', '-x509', ...CURVE, '-days', '2', '-subj', `/CN=${name}`] as const),
        ...['-CA', own.certificate, '-CAkey', own.key, '-keyout', pair.key, '-out', pair.certificate],
        ...['-addext', `subjectAltName=DNS:${name},DNS:localhost,IP:127.0.0.1`],
        ...['-addext', 'basicConstraints=critical,CA:FALSE'],
      ]);
      return pair;
    },
  };
}
