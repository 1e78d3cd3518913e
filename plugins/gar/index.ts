/**
 * Opens Google's registries, Artifact Registry and what is left of Container Registry, with whatever identity Google knows
 * this host by. It only exchanges that for an access token.
 */
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { definePlugin } from 'pycontainer';
import { askTokenService, createCredentialCache } from 'pycontainer/registry';
import * as z from 'zod';
import { tokenOfFile } from './credentials-file.ts';
import { tokenOfGcloud } from './gcloud.ts';
import { type AccessToken, type Google, impersonate, tokenIn } from './token-exchange.ts';

const NAME = 'gar';
/** `europe-west1-docker.pkg.dev`, `gcr.io`, `eu.gcr.io`. */
const HOST = /^(?:[a-z]+(?:-[a-z]+\d{1,2})?-docker\.pkg\.dev|(?:(?:us|eu|asia)\.)?gcr\.io)$/;
/** Milliseconds that a token must still be good for. */
const MARGIN = 120_000;
/** By address, since the name is asked for at the host's own DNS server. */
const METADATA = '169.254.169.254';
/** Milliseconds: where there is no such service, nothing answers. */
const SHORT = 1_000;

/** A Standard Schema. */
const options = z
  .strictObject({
    impersonate: z
      .string()
      .regex(/^[a-z0-9-]+@[a-z0-9.-]+\.gserviceaccount\.com$/, 'is no address of a service account')
      .optional()
      .describe('The service account to act as.'),
  })
  .prefault({});

/** The plugin: answers `credentials` for `…-docker.pkg.dev` and `gcr.io`. */
export default definePlugin({
  name: NAME,
  options,
  apply(hooks, { http, log, env, signal }, { impersonate: account }) {
    const google: Google = { http, log, env, signal, now: Date.now };
    const cache = createCredentialCache();
    hooks.credentials.tapPromise(NAME, async ({ host }) => {
      if (!HOST.test(host)) return undefined;
      // One token opens all of them.
      return cache('google', async () => {
        const own = await findToken(google);
        const token = own === undefined || account === undefined ? own : await actAs(google, account, own);
        return token === undefined
          ? undefined
          : {
              kind: 'basic',
              username: 'oauth2accesstoken',
              password: token.value,
              expires: token.expires - MARGIN,
            };
      });
    });
  },
});

/** The order of Google's own libraries ("Application Default Credentials"), then whoever is signed in to gcloud. */
async function findToken(google: Google): Promise<AccessToken | undefined> {
  const { env } = google;
  const stated = env.GOOGLE_APPLICATION_CREDENTIALS;
  if (stated) return tokenOfFile(google, stated);
  const folder = env.CLOUDSDK_CONFIG || join(env.HOME || homedir(), '.config', 'gcloud');
  const usual = join(folder, 'application_default_credentials.json');
  const isThere = await access(usual).then(
    () => true,
    () => false,
  );
  if (isThere) return tokenOfFile(google, usual);
  return (await tokenOfMetadata(google)) ?? (await tokenOfGcloud(google));
}

/** The service account of a machine, a pod or a build. Undefined where there is no such service. */
async function tokenOfMetadata({ http, env, signal, log, now }: Google): Promise<AccessToken | undefined> {
  const host = env.GCE_METADATA_HOST || METADATA;
  const url = `http://${host}/computeMetadata/v1/instance/service-accounts/default/token`;
  try {
    const service = { http, name: "Google's metadata server", signal, patience: SHORT };
    const answer = await askTokenService(service, {
      url,
      headers: { 'metadata-flavor': 'Google' },
      retries: 0,
    });
    return tokenIn(answer, now());
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    log.debug(`no machine of Google: ${String(thrown)}`);
    return undefined;
  }
}

function actAs(google: Google, account: string, token: AccessToken): Promise<AccessToken> {
  const base =
    google.env.CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS || 'https://iamcredentials.googleapis.com/';
  return impersonate(
    google,
    new URL(`/v1/projects/-/serviceAccounts/${account}:generateAccessToken`, base).href,
    token,
  );
}
