/** Whoever is signed in to gcloud on this host. */
import { execFile } from 'node:child_process';
import { CloudIdentityError } from 'pycontainer/registry';
import type { AccessToken, Google } from './token-exchange.ts';

/** Milliseconds. */
const PATIENCE = 30_000;

/** Undefined where gcloud is not installed, or nobody is signed in. @throws CloudIdentityError for what cannot be read */
export async function tokenOfGcloud({ env, signal, log }: Google): Promise<AccessToken | undefined> {
  const output = await new Promise<string | undefined>((resolve, reject) => {
    const words = ['config', 'config-helper', '--format=json(credential)'];
    execFile('gcloud', words, { env: { ...env }, signal, timeout: PATIENCE }, (error, printed) => {
      if (signal.aborted) reject(signal.reason as Error);
      else if (error === null) resolve(printed);
      else {
        log.debug(`no token of gcloud: ${error.code ?? 'it failed'}`);
        resolve(undefined);
      }
    });
  });
  if (output === undefined) return undefined;
  try {
    const { credential } = JSON.parse(output) as {
      credential: { access_token: string; token_expiry: string };
    };
    const expires = Date.parse(credential.token_expiry);
    if (typeof credential.access_token === 'string' && !Number.isNaN(expires))
      return { value: credential.access_token, expires };
  } catch {
    // Said below: what it printed may be a secret.
  }
  throw new CloudIdentityError('gcloud printed no access token', { hint: 'run `gcloud auth login`' });
}
