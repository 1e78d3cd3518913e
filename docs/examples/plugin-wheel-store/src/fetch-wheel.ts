/** Fetches one wheel into the store of the build. What is not there is nobody's fault: then the next one is asked. */
import {
  type Distribution,
  download,
  isDigest,
  isPycError,
  type PluginApi,
  PycError,
  type WheelFile,
} from 'pycontainer';
import type { Place } from './options.ts';

/** The bucket cannot be read: a credential is missing, or it is refused. */
export class WheelStoreAccessError extends PycError {
  readonly code = 'PYC_WHEEL_STORE_ACCESS';
}

/** Refuses to read more than this of what the lock states no size for. */
const LIMIT = 4 * 1024 ** 3;

/**
 * @returns undefined where the bucket has no such wheel, or where it is not for this plugin to say
 * @throws WheelStoreAccessError; what `download` and the store throw where the bucket cannot be reached or holds other bytes
 */
export async function fetchWheel(
  { file }: Distribution,
  place: Place,
  { env, http, store, log }: Pick<PluginApi, 'env' | 'http' | 'store' | 'log'>,
  signal: AbortSignal,
): Promise<WheelFile | undefined> {
  const digest = file?.hashes.find(isDigest);
  if (file === undefined || file.path !== undefined || digest === undefined) return undefined;
  // The core takes from the store what it has already, and looks whether it is whole.
  if ((await store.find(digest)) !== undefined) return undefined;
  const request = { url: urlOf(file.name, place), headers: headersOf(place, env), signal };
  const id = `wheel store ${file.name}`;
  log.progress({ id, label: `fetch ${file.name}`, state: 'start' });
  try {
    const bytes = download(http, request, { expectedSize: file.size });
    const expected = { digest, what: `\`${file.name}\` of the wheel store`, limit: file.size ?? LIMIT };
    const blob = await store.write(bytes, expected, signal);
    return { name: file.name, file: store.fileOf(digest), ...blob };
  } catch (thrown) {
    const status = isPycError(thrown) && 'status' in thrown ? thrown.status : undefined;
    if (status === 404) return undefined;
    if (status !== 401 && status !== 403) throw thrown;
    throw new WheelStoreAccessError(`the wheel store refuses \`${file.name}\` with ${status}`, {
      hint:
        place.authorization === undefined
          ? 'state `authorization`, or allow everybody to read and to list the bucket'
          : `look whether \`${place.authorization}\` may read and list the bucket: one that may not list answers so for what is not there`,
      cause: thrown,
    });
  } finally {
    log.progress({ id, label: '', state: 'end' });
  }
}

function urlOf(name: string, { endpoint, bucket, prefix }: Place): string {
  const key = `${prefix}${name}`.split('/').map(encodeURIComponent).join('/');
  return `${endpoint.replace(/\/+$/, '')}/${bucket}/${key}`;
}

function headersOf({ authorization }: Place, env: PluginApi['env']): Readonly<Record<string, string>> {
  if (authorization === undefined) return {};
  const value = env[authorization];
  if (value !== undefined && value !== '') return { authorization: value };
  throw new WheelStoreAccessError(`the environment variable \`${authorization}\` is not set`, {
    hint: 'set it to what the wheel store wants as Authorization, as in `Bearer …`',
  });
}
