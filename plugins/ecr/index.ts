/**
 * Opens Amazon's registries, ECR and ECR Public, with whatever identity AWS knows this host by. It only exchanges that
 * identity for a password: which repositories it opens is AWS's to say.
 */
import { type Credentials, definePlugin } from 'pycontainer';
import { askTokenService, CloudIdentityError, createCredentialCache } from 'pycontainer/registry';
import * as z from 'zod';
import type { Aws } from './aws.ts';
import { findKeys } from './identity.ts';
import { type EcrRegistry, registryOf } from './registry.ts';
import { signedHeaders } from './signature.ts';

const NAME = 'ecr';
/** Milliseconds that a password must still be good for. */
const MARGIN = 300_000;

/** A Standard Schema. */
const options = z
  .strictObject({
    profile: z
      .string()
      .min(1)
      .optional()
      .describe('A profile of `~/.aws/config`; it comes before variables.'),
  })
  .prefault({});

/** The plugin: answers `credentials` for `….dkr.ecr….amazonaws.com` and `public.ecr.aws`. */
export default definePlugin({
  name: NAME,
  options,
  apply(hooks, { http, log, env, signal }, { profile }) {
    const aws: Aws = { http, log, env, signal, now: Date.now };
    const cache = createCredentialCache();
    hooks.credentials.tapPromise(NAME, async ({ host }) => {
      const registry = registryOf(host, env);
      return registry === undefined ? undefined : cache(host, () => exchange(aws, registry, profile));
    });
  },
});

/** GetAuthorizationToken. Undefined where nobody says who this is: ECR Public is then open to read. */
async function exchange(
  aws: Aws,
  { region, service, api, target, isList }: EcrRegistry,
  profile: string | undefined,
): Promise<Credentials | undefined> {
  const keys = await findKeys(aws, region, profile);
  if (keys === undefined) return undefined;
  const url = new URL(api).href;
  const request = {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
    body: '{}',
  } as const;
  const answer = await askTokenService(
    { http: aws.http, name: service === 'ecr' ? 'Amazon ECR' : 'Amazon ECR Public', signal: aws.signal },
    { ...request, headers: signedHeaders(request, { keys, region, service, now: aws.now() }) },
  );
  const path = isList ? ['authorizationData', 0] : ['authorizationData'];
  const pair = Buffer.from(answer.at(...path, 'authorizationToken'), 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon === -1)
    throw new CloudIdentityError('Amazon ECR gave what is no password', { hint: 'try again later' });
  const ends = answer.number(...path, 'expiresAt');
  return {
    kind: 'basic',
    username: pair.slice(0, colon),
    password: pair.slice(colon + 1),
    // Seconds since 1970 in this API.
    ...(ends === undefined ? {} : { expires: ends * 1000 - MARGIN }),
  };
}
