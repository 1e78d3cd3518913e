/** Who this is to Microsoft Entra: the first of the places that Azure's own libraries look into, as a token for an audience. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { visible } from 'pycontainer';
import { askTokenService, CloudIdentityError, type TokenService } from 'pycontainer/registry';
import type { Azure, Cloud } from './azure.ts';

const IMDS = 'http://169.254.169.254';
/** Milliseconds: where there is no such service, nothing answers. */
const SHORT = 1_000;
/** Milliseconds. */
const PATIENCE = 30_000;
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Whom GitHub's token is for, as Microsoft documents it. */
const FEDERATION = 'api://AzureADTokenExchange';

/**
 * An access token; undefined where nothing says who this is.
 *
 * @throws CloudIdentityError, TokenServiceError where something does, and cannot be used
 */
export async function findToken(azure: Azure, cloud: Cloud): Promise<string | undefined> {
  const { env } = azure;
  const [tenant, client] = [env.AZURE_TENANT_ID, env.AZURE_CLIENT_ID];
  if (tenant && client) {
    if (env.AZURE_CLIENT_SECRET)
      return tokenOfClient(azure, cloud, tenant, client, { client_secret: env.AZURE_CLIENT_SECRET });
    const assertion = await assertionOf(azure);
    if (assertion !== undefined) {
      const proof = { client_assertion_type: ASSERTION, client_assertion: assertion };
      return tokenOfClient(azure, cloud, tenant, client, proof);
    }
  }
  return (
    (await tokenOfService(azure, cloud)) ??
    (await tokenOfMachine(azure, cloud)) ??
    (await tokenOfCli(azure, cloud))
  );
}

/** The client credentials grant (RFC 6749, 4.4). */
async function tokenOfClient(
  { http, env, signal }: Azure,
  { audience, authority }: Cloud,
  tenant: string,
  client: string,
  proof: Readonly<Record<string, string>>,
): Promise<string> {
  const base = env.AZURE_AUTHORITY_HOST || authority;
  const form = {
    grant_type: 'client_credentials',
    client_id: client,
    scope: `${audience}/.default`,
    ...proof,
  };
  const answer = await askTokenService(
    { http, name: 'Microsoft Entra', signal },
    {
      url: new URL(`/${encodeURIComponent(tenant)}/oauth2/v2.0/token`, base).href,
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    },
  );
  return answer.at('access_token');
}

/** What a cluster or a workflow signed for this client: AKS keeps it in a file, GitHub gives it out. */
async function assertionOf({ http, env, signal }: Azure): Promise<string | undefined> {
  const file = env.AZURE_FEDERATED_TOKEN_FILE;
  if (file) {
    const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      throw new CloudIdentityError(
        `the federated token \`${visible(file)}\` cannot be read: ${cause.code ?? 'unknown'}`,
        { hint: 'correct `AZURE_FEDERATED_TOKEN_FILE`, or unset it' },
      );
    });
    return text.trim();
  }
  const [url, token] = [env.ACTIONS_ID_TOKEN_REQUEST_URL, env.ACTIONS_ID_TOKEN_REQUEST_TOKEN];
  if (!url || !token) return undefined;
  const asked = new URL(url);
  asked.searchParams.set('audience', FEDERATION);
  const answer = await askTokenService(
    { http, name: "GitHub's token service", signal },
    { url: asked.href, headers: { authorization: `Bearer ${token}` } },
  );
  return answer.at('value');
}

/** The managed identity of App Service, Functions and Container Apps. */
async function tokenOfService({ http, env, signal }: Azure, cloud: Cloud): Promise<string | undefined> {
  const [endpoint, secret] = [env.IDENTITY_ENDPOINT, env.IDENTITY_HEADER];
  if (!endpoint || !secret) return undefined;
  const url = identityUrl(endpoint, '2019-08-01', cloud, env.AZURE_CLIENT_ID);
  const service: TokenService = { http, name: 'the endpoint of managed identities', signal };
  return (await askTokenService(service, { url, headers: { 'x-identity-header': secret } })).at(
    'access_token',
  );
}

/** The managed identity of a virtual machine. Undefined where there is no such service, or no identity. */
async function tokenOfMachine({ http, env, signal, log }: Azure, cloud: Cloud): Promise<string | undefined> {
  const base = env.AZURE_POD_IDENTITY_AUTHORITY_HOST || IMDS;
  const url = identityUrl(
    new URL('/metadata/identity/oauth2/token', base).href,
    '2018-02-01',
    cloud,
    env.AZURE_CLIENT_ID,
  );
  try {
    const service: TokenService = { http, name: 'the metadata service', signal, patience: SHORT };
    const answer = await askTokenService(service, { url, headers: { metadata: 'true' }, retries: 0 });
    return answer.at('access_token');
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    log.debug(`no machine of Azure: ${String(thrown)}`);
    return undefined;
  }
}

function identityUrl(
  endpoint: string,
  version: string,
  { audience }: Cloud,
  client: string | undefined,
): string {
  const url = new URL(endpoint);
  url.searchParams.set('api-version', version);
  url.searchParams.set('resource', audience);
  if (client) url.searchParams.set('client_id', client);
  return url.href;
}

/** Whoever is signed in to `az`. Undefined where it is not installed, or nobody is. */
async function tokenOfCli({ env, signal, log }: Azure, { audience }: Cloud): Promise<string | undefined> {
  const words = ['account', 'get-access-token', '--resource', audience, '--output', 'json'];
  const output = await new Promise<string | undefined>((resolve, reject) => {
    execFile('az', words, { env: { ...env }, signal, timeout: PATIENCE }, (error, printed) => {
      if (signal.aborted) reject(signal.reason as Error);
      else if (error === null) resolve(printed);
      else {
        log.debug(`no token of az: ${error.code ?? 'it failed'}`);
        resolve(undefined);
      }
    });
  });
  if (output === undefined) return undefined;
  try {
    const { accessToken } = JSON.parse(output) as { accessToken: unknown };
    if (typeof accessToken === 'string' && accessToken !== '') return accessToken;
  } catch {
    // Said below: what it printed may be a secret.
  }
  throw new CloudIdentityError('`az` printed no access token', { hint: 'run `az login`' });
}
