/** Asks Sigstore's services: an answer whole, or one error that says which of them failed. What the answers mean is not known here. */
import type { HttpClient, HttpRequest } from '../../http/client.ts';
import { redactUrl } from '../../http/url.ts';
import { visible } from '../../primitives/path.ts';
import { KeylessError } from '../errors.ts';

/** Where signing without a key of one's own goes, and what it may use. */
export interface Services {
  readonly http: HttpClient;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly cwd: string;
  /** The certificate authority. */
  readonly fulcio: string;
  /** The transparency log. */
  readonly rekor: string;
  /** The timestamp authority: the whole address; undefined for none. */
  readonly timestamps?: string | undefined;
  readonly signal: AbortSignal;
}

const LARGEST = 8 * 1024 * 1024;
/** Milliseconds for one answer. */
const PATIENCE = 60_000;

/** @param expected statuses @throws KeylessError for another status; an HttpError where there is no answer */
export async function askService(
  { http, signal }: Pick<Services, 'http' | 'signal'>,
  name: string,
  expected: readonly number[],
  request: HttpRequest,
): Promise<Uint8Array> {
  const response = await http.request({
    ...request,
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]),
  });
  const bytes = await response.bytes(LARGEST);
  if (expected.includes(response.status)) return bytes;
  const said = visible(Buffer.from(bytes).toString('utf8').slice(0, 300));
  throw new KeylessError(
    `${name} answered ${response.status} at \`${redactUrl(request.url)}\`${said === '' ? '' : `: ${said}`}`,
    {
      hint:
        response.status >= 500
          ? 'the service has a problem of its own; try again later'
          : 'check that the identity is valid, and meant for the audience `sigstore`',
    },
  );
}

/** A service's own path below its address. */
export function pathOf(address: string, path: string): string {
  return `${address.replace(/\/+$/, '')}${path}`;
}
