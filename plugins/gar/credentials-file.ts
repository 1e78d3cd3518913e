/**
 * Application default credentials in a file: keys of a service account, a person's, or those of an identity elsewhere, such
 * as a workflow of GitHub. Programs that a file names are not started.
 */
import { createSign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { visible } from 'pycontainer';
import { askTokenService, CloudIdentityError } from 'pycontainer/registry';
import { type AccessToken, exchange, type Google, impersonate, SCOPE } from './token-exchange.ts';

type Document = Readonly<Record<string, unknown>>;

const GOOGLE_TOKENS = 'https://oauth2.googleapis.com/token';
/** Seconds. */
const LIFE = 3600;

/**
 * A token for the identity in a file.
 *
 * @throws CloudIdentityError for a file that is missing, damaged, or of another kind; TokenServiceError
 */
export async function tokenOfFile(google: Google, path: string): Promise<AccessToken> {
  const document = await readJson(path);
  const text = textIn(document, path);
  switch (document.type) {
    case 'service_account':
      return ofServiceAccount(google, text);
    case 'authorized_user':
      return exchange(google, 'Google', addressIn(document.token_uri ?? GOOGLE_TOKENS, path), {
        grant_type: 'refresh_token',
        client_id: text('client_id'),
        client_secret: text('client_secret'),
        refresh_token: text('refresh_token'),
      });
    case 'external_account':
      return ofOtherIdentity(google, document, path);
    default:
      throw unusable(path, `\`${visible(String(document.type).slice(0, 60))}\` is no type that is supported`);
  }

  /** RFC 7523, with the key of the file. */
  async function ofServiceAccount({ now }: Google, member: (name: string) => string): Promise<AccessToken> {
    const audience = addressIn(document.token_uri ?? GOOGLE_TOKENS, path);
    const issued = Math.floor(now() / 1000);
    const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const head = {
      alg: 'RS256',
      typ: 'JWT',
      ...(document.private_key_id ? { kid: document.private_key_id } : {}),
    };
    const claims = {
      iss: member('client_email'),
      scope: SCOPE,
      aud: audience,
      iat: issued,
      exp: issued + LIFE,
    };
    const unsigned = `${encode(head)}.${encode(claims)}`;
    let signature: string;
    try {
      signature = createSign('RSA-SHA256').update(unsigned).sign(member('private_key'), 'base64url');
    } catch (cause) {
      if (cause instanceof CloudIdentityError) throw cause;
      // What the runtime says may quote the key.
      throw unusable(path, 'its private key cannot be read');
    }
    return exchange(google, 'Google', audience, {
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: `${unsigned}.${signature}`,
    });
  }
}

/** Workload identity federation (RFC 8693). */
async function ofOtherIdentity(google: Google, document: Document, path: string): Promise<AccessToken> {
  const text = textIn(document, path);
  const token = await exchange(google, 'Google STS', addressIn(document.token_url, path), {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    audience: text('audience'),
    scope: SCOPE,
    subject_token_type: text('subject_token_type'),
    subject_token: await subjectToken(google, document.credential_source, path),
  });
  const account = document.service_account_impersonation_url;
  return account === undefined ? token : impersonate(google, addressIn(account, path), token);
}

/** What the other side signed: in a file, or at an address that it names. */
async function subjectToken(google: Google, source: unknown, path: string): Promise<string> {
  const { file, url, headers, format } = isDocument(source) ? source : {};
  const { type, subject_token_field_name: field } = isDocument(format) ? format : {};
  let text: string;
  if (typeof file === 'string') {
    text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      throw unusable(path, `the token \`${visible(file)}\` cannot be read: ${cause.code ?? 'unknown'}`);
    });
  } else if (typeof url === 'string') {
    const sent = Object.entries(isDocument(headers) ? headers : {}).map(([name, value]) => [
      name,
      String(value),
    ]);
    const service = { http: google.http, name: 'the issuer of the identity', signal: google.signal };
    text = (await askTokenService(service, { url: addressIn(url, path), headers: Object.fromEntries(sent) }))
      .text;
  } else throw unusable(path, 'its `credential_source` has neither `file` nor `url`');
  if (type !== 'json') return text.trim();
  return textIn(parse(text) ?? {}, path)(String(field));
}

async function readJson(path: string): Promise<Document> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw unusable(path, `it cannot be read: ${cause.code ?? 'unknown'}`);
  });
  const document = parse(text);
  if (document === undefined) throw unusable(path, 'it is no JSON object');
  return document;
}

function parse(text: string): Document | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isDocument(parsed) ? parsed : undefined;
  } catch {
    // The parser's message quotes the text, which holds a secret.
    return undefined;
  }
}

function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textIn(document: Document, path: string): (name: string) => string {
  return (name) => {
    const value = document[name];
    if (typeof value === 'string' && value !== '') return value;
    throw unusable(path, `it has no \`${visible(name)}\``);
  };
}

/** Secrets cross no network in the clear. */
function addressIn(value: unknown, path: string): string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  const isHere =
    url !== undefined &&
    /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|169\.254(?:\.\d{1,3}){2})$/.test(url.hostname);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isHere)) return url.href;
  throw unusable(path, 'an address in it is not https');
}

function unusable(path: string, why: string): CloudIdentityError {
  return new CloudIdentityError(`the Google credentials in \`${visible(path)}\` cannot be used: ${why}`, {
    hint: 'correct `GOOGLE_APPLICATION_CREDENTIALS`, or sign in again',
  });
}
