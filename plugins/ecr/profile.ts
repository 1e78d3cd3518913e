/**
 * Keys of a profile in `~/.aws/config` and `~/.aws/credentials`: stated there, of a role, or of a session of IAM Identity
 * Center that `aws sso login` opened. Programs that a profile names are not started.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { visible } from 'pycontainer';
import { askTokenService, CloudIdentityError } from 'pycontainer/registry';
import type { Aws } from './aws.ts';
import { parseIni, type Sections } from './ini.ts';
import { keysOfContainer, keysOfInstance } from './metadata.ts';
import { assumeByKeys, assumeByToken } from './roles.ts';
import type { AwsKeys } from './signature.ts';

type Settings = ReadonlyMap<string, string>;

/** Profiles that lead to each other. */
const LONGEST_CHAIN = 8;

/**
 * @param stated a profile that must be there; undefined for the default one, which need not
 * @throws CloudIdentityError, TokenServiceError
 */
export async function keysOfProfile(
  aws: Aws,
  region: string,
  stated: string | undefined,
): Promise<AwsKeys | undefined> {
  const { env } = aws;
  const home = join(env.HOME || homedir(), '.aws');
  const [config, credentials] = await Promise.all([
    readSections(env.AWS_CONFIG_FILE || join(home, 'config')),
    readSections(env.AWS_SHARED_CREDENTIALS_FILE || join(home, 'credentials')),
  ]);
  const settingsOf = (name: string): Settings | undefined => {
    const [first, second] = [
      config.get(name === 'default' ? name : `profile ${name}`),
      credentials.get(name),
    ];
    return first === undefined && second === undefined
      ? undefined
      : new Map([...(first ?? []), ...(second ?? [])]);
  };

  const keysOf = async (name: string, seen: readonly string[]): Promise<AwsKeys | undefined> => {
    const settings = settingsOf(name);
    if (settings === undefined) {
      if (name === 'default' && seen.length === 0 && stated === undefined) return undefined;
      throw unusable(name, 'there is no such profile', 'correct `AWS_PROFILE`, or unset it');
    }
    if (seen.includes(name) && name !== seen.at(-1)) throw unusable(name, 'it leads back to itself');
    if (seen.length > LONGEST_CHAIN) throw unusable(name, 'it leads through too many others');
    const roleArn = settings.get('role_arn');
    const isOwnSource = seen.at(-1) === name;
    if (roleArn !== undefined && !isOwnSource) return keysOfRole(name, roleArn, settings, seen);
    const accessKeyId = settings.get('aws_access_key_id');
    const secretAccessKey = settings.get('aws_secret_access_key');
    const sessionToken = settings.get('aws_session_token');
    if (accessKeyId !== undefined && secretAccessKey !== undefined) {
      return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
    }
    if (settings.has('sso_account_id')) return keysOfSession(aws, name, settings, config, home);
    if (settings.has('credential_process')) {
      throw unusable(name, '`credential_process` is not supported', 'export its keys into the environment');
    }
    if (stated === undefined) return undefined;
    throw unusable(name, 'it has no keys, no role and no session');
  };

  const keysOfRole = async (
    name: string,
    roleArn: string,
    settings: Settings,
    seen: readonly string[],
  ): Promise<AwsKeys> => {
    const session = settings.get('role_session_name');
    const tokenFile = settings.get('web_identity_token_file');
    if (tokenFile !== undefined) return assumeByToken(aws, region, { roleArn, tokenFile, session });
    if (settings.has('mfa_serial')) {
      throw unusable(
        name,
        'its role asks for a second factor',
        'open a session with `aws sso login` or `aws sts`',
      );
    }
    const source = settings.get('source_profile');
    const keys =
      source === undefined
        ? await keysOfSource(aws, settings.get('credential_source'))
        : await keysOf(source, [...seen, name]);
    if (keys === undefined) throw unusable(name, 'what its role is to be assumed with is missing');
    return assumeByKeys(aws, region, keys, { roleArn, session, externalId: settings.get('external_id') });
  };

  return keysOf(stated ?? 'default', []);
}

/** `credential_source` of a profile. */
async function keysOfSource(aws: Aws, source: string | undefined): Promise<AwsKeys | undefined> {
  if (source === 'Environment') return keysOfEnvironment(aws);
  if (source === 'EcsContainer') return keysOfContainer(aws);
  return source === 'Ec2InstanceMetadata' ? keysOfInstance(aws) : undefined;
}

/** The keys that stand in variables. */
export function keysOfEnvironment({ env }: Aws): AwsKeys | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (!accessKeyId || !secretAccessKey) return undefined;
  const sessionToken = env.AWS_SESSION_TOKEN;
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

/** The token that `aws sso login` left, exchanged for keys of the role that the profile names. */
async function keysOfSession(
  aws: Aws,
  name: string,
  settings: Settings,
  config: Sections,
  home: string,
): Promise<AwsKeys> {
  const session = settings.get('sso_session');
  const merged = new Map([...(config.get(`sso-session ${session}`) ?? []), ...settings]);
  const [start, region, account, role] = [
    'sso_start_url',
    'sso_region',
    'sso_account_id',
    'sso_role_name',
  ].map((setting) => merged.get(setting));
  if (!start || !region || !account || !role) throw unusable(name, 'its session is not described in full');
  const file = `${createHash('sha1')
    .update(session ?? start)
    .digest('hex')}.json`;
  const cached = await readFile(join(home, 'sso', 'cache', file), 'utf8').catch(() => '{}');
  const { accessToken, expiresAt } = tokenIn(cached);
  if (accessToken === undefined || !(Date.parse(expiresAt ?? '') > aws.now())) {
    throw unusable(name, 'its session has ended', `run \`aws sso login --profile ${visible(name)}\``);
  }
  const base = aws.env.AWS_ENDPOINT_URL_SSO || `https://portal.sso.${region}.amazonaws.com`;
  const url = new URL('/federation/credentials', base);
  url.searchParams.set('role_name', role);
  url.searchParams.set('account_id', account);
  const answer = await askTokenService(
    { http: aws.http, name: 'AWS IAM Identity Center', signal: aws.signal },
    { url: url.href, headers: { 'x-amz-sso_bearer_token': accessToken } },
  );
  const expires = answer.number('roleCredentials', 'expiration');
  return {
    accessKeyId: answer.at('roleCredentials', 'accessKeyId'),
    secretAccessKey: answer.at('roleCredentials', 'secretAccessKey'),
    sessionToken: answer.at('roleCredentials', 'sessionToken'),
    ...(expires === undefined ? {} : { expires }),
  };
}

function tokenIn(text: string): { readonly accessToken?: string; readonly expiresAt?: string } {
  try {
    const { accessToken, expiresAt } = JSON.parse(text) as { accessToken?: unknown; expiresAt?: unknown };
    if (typeof accessToken === 'string' && typeof expiresAt === 'string') return { accessToken, expiresAt };
  } catch {
    // A damaged file is no session.
  }
  return {};
}

async function readSections(path: string): Promise<Sections> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return '';
    throw new CloudIdentityError(`\`${visible(path)}\` cannot be read: ${cause.code ?? 'unknown'}`, {
      hint: 'correct its permissions',
    });
  });
  return parseIni(text);
}

function unusable(name: string, why: string, hint = 'correct `~/.aws/config`'): CloudIdentityError {
  return new CloudIdentityError(`the AWS profile \`${visible(name)}\` cannot be used: ${why}`, { hint });
}
