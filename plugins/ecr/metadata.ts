/** Keys from where a program runs: the container services' endpoint, and the metadata service of instances (IMDSv2). */
import { readFile } from 'node:fs/promises';
import { visible } from 'pycontainer';
import {
  askTokenService,
  CloudIdentityError,
  type TokenAnswer,
  type TokenService,
} from 'pycontainer/registry';
import type { Aws } from './aws.ts';
import type { AwsKeys } from './signature.ts';

/** The address of ECS; EKS names its own in a variable. */
const ECS = 'http://169.254.170.2';
const TRUSTED = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|169\.254\.170\.(?:2|23)|\[fd00:ec2::23\])$/;
const IMDS = 'http://169.254.169.254';
/** Milliseconds: where there is no such service, nothing answers. */
const SHORT = 1_000;
const TOKEN_LIFE = '21600';

/** What ECS and EKS Pod Identity say; undefined elsewhere. @throws CloudIdentityError, TokenServiceError */
export async function keysOfContainer(aws: Aws): Promise<AwsKeys | undefined> {
  const { env, http, signal } = aws;
  const relative = env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
  const full = env.AWS_CONTAINER_CREDENTIALS_FULL_URI;
  const url = relative ? `${ECS}${relative.startsWith('/') ? '' : '/'}${relative}` : full;
  if (!url) return undefined;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || (parsed.protocol !== 'https:' && !TRUSTED.test(parsed.hostname))) {
    throw new CloudIdentityError('the endpoint of container credentials is neither https nor on this host', {
      hint: 'correct `AWS_CONTAINER_CREDENTIALS_FULL_URI`, or unset it',
    });
  }
  const authorization = await authorizationOf(env);
  const answer = await askTokenService(
    { http, name: 'the endpoint of container credentials', signal },
    { url, headers: authorization === undefined ? {} : { authorization } },
  );
  return keysFrom(answer, 'Token');
}

async function authorizationOf(env: Aws['env']): Promise<string | undefined> {
  const file = env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE;
  if (!file) return env.AWS_CONTAINER_AUTHORIZATION_TOKEN || undefined;
  return (
    await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      throw new CloudIdentityError(
        `the token of container credentials, \`${visible(file)}\`, cannot be read: ${cause.code ?? 'unknown'}`,
        { hint: 'correct `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`, or unset it' },
      );
    })
  ).trim();
}

/** The role of the instance; undefined where there is no such service, or no role. */
export async function keysOfInstance(aws: Aws): Promise<AwsKeys | undefined> {
  const { env, http, signal, log } = aws;
  if (env.AWS_EC2_METADATA_DISABLED?.toLowerCase() === 'true') return undefined;
  const base = (env.AWS_EC2_METADATA_SERVICE_ENDPOINT || IMDS).replace(/\/+$/, '');
  const service: TokenService = { http, name: "the instance's metadata service", signal, patience: SHORT };
  try {
    const { text: token } = await askTokenService(service, {
      url: `${base}/latest/api/token`,
      method: 'PUT',
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': TOKEN_LIFE },
      retries: 0,
    });
    const headers = { 'x-aws-ec2-metadata-token': token };
    const roles = `${base}/latest/meta-data/iam/security-credentials/`;
    const { text } = await askTokenService(service, { url: roles, headers, retries: 0 });
    const role = encodeURIComponent(text.trim().split('\n')[0] ?? '');
    return keysFrom(await askTokenService(service, { url: roles + role, headers, retries: 0 }), 'Token');
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    log.debug(`no instance of AWS: ${String(thrown)}`);
    return undefined;
  }
}

function keysFrom(answer: TokenAnswer, token: string): AwsKeys {
  return {
    accessKeyId: answer.at('AccessKeyId'),
    secretAccessKey: answer.at('SecretAccessKey'),
    sessionToken: answer.at(token),
    expires: Date.parse(answer.at('Expiration')),
  };
}
