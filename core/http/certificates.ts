/** Which certificate authorities are trusted: the runtime's own and those that the environment adds. */
import { readFile } from 'node:fs/promises';
import { messageOf } from '../primitives/errors.ts';
import type { Log } from '../primitives/log.ts';

/** Both name a PEM file whose certificates are trusted besides the runtime's own. */
const VARIABLES = ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'] as const;

/**
 * All trusted certificates as PEM, or undefined where the environment adds none. A file that cannot be read
 * is warned about and trusts nobody.
 */
export async function trustedCertificates(
  env: Readonly<Record<string, string | undefined>>,
  log: Log,
): Promise<string[] | undefined> {
  const extra: string[] = [];
  for (const variable of VARIABLES) {
    const file = env[variable];
    if (file === undefined || file === '') continue;
    try {
      extra.push(await readFile(file, 'utf8'));
    } catch (cause) {
      log.warn({
        /**
         * A file of certificate authorities that the environment names (`SSL_CERT_FILE` and the like) cannot be
         * read. The build goes on with the authorities that the runtime knows.
         */
        code: 'PYC_HTTP_CERTIFICATE_FILE',
        message: `the certificates that \`${variable}\` names cannot be read: ${messageOf(cause)}`,
        hint: `correct or unset \`${variable}\``,
      });
    }
  }
  return extra.length === 0 ? undefined : withRoots(extra);
}

/** The runtime's own authorities and further ones. */
export async function withRoots(extra: readonly string[]): Promise<string[]> {
  const { rootCertificates } = await import('node:tls');
  return [...rootCertificates, ...extra];
}
