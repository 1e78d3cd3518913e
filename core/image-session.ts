/**
 * Opens and closes what the verbs on finished images use: the store, the HTTP client and the registry client. What a
 * verb does with them is not known here.
 */
import { setMaxListeners } from 'node:events';
import { resolve } from 'node:path';
import { configuredCredentials } from './configured-credentials.ts';
import { createHttpClient } from './http/undici-client.ts';
import type { ImageSession } from './images/session.ts';
import { endOf } from './pipeline/aborted.ts';
import { createRegistries, ownKeychain } from './pipeline/defaults/registries.ts';
import { type ReportedError, reportError } from './pipeline/report.ts';
import { keepWarnings } from './pipeline/report-draft.ts';
import type { StatedCredentials } from './pipeline/session.ts';
import { type Log, silentLog, type Warning } from './primitives/log.ts';
import { VERSION } from './primitives/version.ts';
import { credentialChain, environmentCredentials } from './registry/credentials.ts';
import { createDiskStore } from './store/disk-store.ts';
import { storeDirectory, storeLimit } from './store/location.ts';

/** What every verb on finished images takes. All of it is optional. */
export interface ImageOptions {
  /** Absolute; default the process's working directory. */
  readonly cwd?: string;
  /** Default the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly log?: Log;
  readonly signal?: AbortSignal;
  /** The configuration whose plugins open registries, relative to `cwd`; default the one that is found. */
  readonly file?: string;
  /** The store's folder, relative to `cwd`. */
  readonly cacheDirectory?: string;
  /** Accept what the store has, make no request. */
  readonly offline?: boolean;
  /** For the registry that the verb writes to, else for the one that it reads. */
  readonly credentials?: StatedCredentials;
}

/** What the report of every verb on finished images has. Fields may be added, never renamed. */
export interface ImageVerbReport {
  readonly schemaVersion: 1;
  readonly command: string;
  readonly pycontainer: string;
  readonly ok: boolean;
  readonly warnings: readonly Warning[];
  readonly error: ReportedError | null;
  /** Milliseconds: `total`. */
  readonly timings: Readonly<Record<string, number>>;
}

/**
 * Runs a verb in a session. Never rejects: what went wrong is `error` in the report.
 *
 * @param empty what the report says where the verb came to nothing
 */
export async function runImageVerb<Result extends object>(
  command: string,
  options: ImageOptions,
  empty: Result,
  work: (session: ImageSession) => Promise<Result>,
): Promise<ImageVerbReport & Result> {
  const started = performance.now();
  const said = keepWarnings(options.log ?? silentLog);
  const signal = options.signal ?? new AbortController().signal;
  let result = empty;
  let error: ReportedError | null = null;
  try {
    result = await withImageSession(command, { ...options, log: said.log, signal }, work);
  } catch (thrown) {
    said.log.debug(thrown instanceof Error ? (thrown.stack ?? '') : String(thrown));
    error = reportError(endOf(thrown, signal, `\`pyc ${command}\``));
  }
  return {
    schemaVersion: 1,
    command,
    pycontainer: VERSION,
    ok: error === null,
    ...result,
    warnings: said.warnings,
    error,
    timings: { total: performance.now() - started },
  };
}

/** Opens a session for the work and closes it after it. @throws what the work throws */
export async function withImageSession<Result>(
  command: string,
  options: ImageOptions,
  work: (session: ImageSession) => Promise<Result>,
): Promise<Result> {
  const env = options.env ?? process.env;
  const cwd = options.cwd ?? process.cwd();
  const log = options.log ?? silentLog;
  const signal = options.signal ?? new AbortController().signal;
  const offline = options.offline === true;
  // Every request listens to the one signal.
  setMaxListeners(0, signal);
  const directory =
    options.cacheDirectory === undefined ? storeDirectory(env, cwd) : resolve(cwd, options.cacheDirectory);
  const store = createDiskStore({ directory, limit: storeLimit(env) });
  const http = createHttpClient({ env, log, signal, offline });
  const credentials = options.credentials ?? environmentCredentials(env);
  const { file } = options;
  const plugins = configuredCredentials({
    http,
    store,
    log,
    signal,
    env,
    cwd,
    command,
    file,
    cacheDirectory: directory,
  });
  const registries = createRegistries(
    { http, log, env, ...(credentials === undefined ? {} : { credentials }) },
    credentialChain(plugins, ownKeychain({ env })),
  );
  try {
    return await work({
      store,
      http,
      log,
      signal,
      env,
      cwd,
      offline,
      registry: (hosts) => registries.client(hosts),
    });
  } finally {
    await http.close().finally(() => store.close());
  }
}
