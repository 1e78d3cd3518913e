/** Keys of a role, from AWS STS: for a token of somebody whom AWS trusts, or for other keys. */
import { readFile } from 'node:fs/promises';
import { visible } from 'pycontainer';
import { askTokenService, CloudIdentityError } from 'pycontainer/registry';
import type { Aws } from './aws.ts';
import { type AwsKeys, signedHeaders } from './signature.ts';

const VERSION = '2011-06-15';
const SESSION = 'pycontainer';

export interface WebIdentity {
  readonly roleArn: string;
  /** The file with the token. */
  readonly tokenFile: string;
  readonly session?: string | undefined;
}

/**
 * AssumeRoleWithWebIdentity: GitHub's and GitLab's OIDC tokens, service accounts of EKS.
 *
 * @throws CloudIdentityError where the token cannot be read, TokenServiceError
 */
export async function assumeByToken(
  aws: Aws,
  region: string,
  { roleArn, tokenFile, session }: WebIdentity,
): Promise<AwsKeys> {
  const token = await readFile(tokenFile, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new CloudIdentityError(
      `the web identity token \`${visible(tokenFile)}\` cannot be read: ${cause.code ?? 'unknown'}`,
      { hint: 'correct `AWS_WEB_IDENTITY_TOKEN_FILE`, or unset it' },
    );
  });
  const body = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: VERSION,
    RoleArn: roleArn,
    RoleSessionName: session ?? SESSION,
    WebIdentityToken: token.trim(),
  });
  return keysFrom(await send(aws, region, body.toString(), {}));
}

/** AssumeRole. @throws TokenServiceError */
export async function assumeByKeys(
  aws: Aws,
  region: string,
  keys: AwsKeys,
  role: {
    readonly roleArn: string;
    readonly externalId?: string | undefined;
    readonly session?: string | undefined;
  },
): Promise<AwsKeys> {
  const body = new URLSearchParams({
    Action: 'AssumeRole',
    Version: VERSION,
    RoleArn: role.roleArn,
    RoleSessionName: role.session ?? SESSION,
    ...(role.externalId === undefined ? {} : { ExternalId: role.externalId }),
  }).toString();
  const url = urlOf(aws, region);
  const headers = signedHeaders(
    { method: 'POST', url, headers: { 'content-type': FORM }, body },
    { keys, region, service: 'sts', now: aws.now() },
  );
  return keysFrom(await send(aws, region, body, headers));
}

const FORM = 'application/x-www-form-urlencoded; charset=utf-8';

function urlOf({ env }: Aws, region: string): string {
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return new URL(env.AWS_ENDPOINT_URL_STS || `https://sts.${region}.${domain}/`).href;
}

async function send(
  aws: Aws,
  region: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  const answer = await askTokenService(
    { http: aws.http, name: 'AWS STS', signal: aws.signal },
    { url: urlOf(aws, region), method: 'POST', headers: { 'content-type': FORM, ...headers }, body },
  );
  return answer.text;
}

/** STS answers in XML, of which four elements count; none of their texts needs an escape. */
function keysFrom(xml: string): AwsKeys {
  const element = (name: string): string => {
    const text = new RegExp(`<${name}>([^<>&]+)</${name}>`).exec(xml)?.[1];
    if (text !== undefined) return text.trim();
    throw new CloudIdentityError(`AWS STS answered without \`${name}\``, { hint: 'try again later' });
  };
  return {
    accessKeyId: element('AccessKeyId'),
    secretAccessKey: element('SecretAccessKey'),
    sessionToken: element('SessionToken'),
    expires: Date.parse(element('Expiration')),
  };
}
