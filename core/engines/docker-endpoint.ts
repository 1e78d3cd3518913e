/**
 * Which daemon Docker's own program would talk to: `DOCKER_HOST`, else `DOCKER_CONTEXT`, else the current context of config.json,
 * else the sockets of this host.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../primitives/errors.ts';
import { visible } from '../primitives/path.ts';
import { type Endpoint, type EndpointTls, parseEndpoint } from './endpoint.ts';
import type { EngineHost } from './engine.ts';
import { EngineSettingsError } from './errors.ts';

/** The address that settings name; undefined where none does. @throws EngineSettingsError */
export async function statedDocker(host: EngineHost): Promise<Endpoint | undefined> {
  const { env, home } = host;
  const folder = env.DOCKER_CONFIG || join(home, '.docker');
  if (env.DOCKER_HOST) {
    const tls = env.DOCKER_TLS_VERIFY
      ? await tlsOf(env.DOCKER_CERT_PATH || folder, true, '`DOCKER_CERT_PATH`')
      : undefined;
    return parseEndpoint(env.DOCKER_HOST, { origin: '`DOCKER_HOST`', program: 'docker', tls });
  }
  const context = env.DOCKER_CONTEXT || (await currentContext(folder));
  return context === undefined || context === 'default' ? undefined : contextEndpoint(folder, context);
}

/** Where Docker listens on a host that nothing is said about: the system's, a user's own, Docker Desktop's. */
export function dockerSockets({ env, home, system, runFolders }: EngineHost): Endpoint[] {
  if (system === 'win32') {
    return [{ kind: 'socket', path: '//./pipe/docker_engine', shown: 'npipe:////./pipe/docker_engine' }];
  }
  return [
    join(runFolders[0] ?? '/var/run', 'docker.sock'),
    ...(env.XDG_RUNTIME_DIR ? [join(env.XDG_RUNTIME_DIR, 'docker.sock')] : []),
    join(home, '.docker/run/docker.sock'),
  ].map((path) => ({ kind: 'socket', path, shown: `unix://${path}` }));
}

async function currentContext(folder: string): Promise<string | undefined> {
  const text = await textOf(join(folder, 'config.json'));
  if (text === undefined) return undefined;
  const name = (parsed(text) as { currentContext?: unknown } | undefined)?.currentContext;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** A context lies under the digest of its name (`docker context create`). */
async function contextEndpoint(folder: string, name: string): Promise<Endpoint> {
  const hash = createHash('sha256').update(name).digest('hex');
  const origin = `the Docker context \`${visible(name)}\``;
  const text = await textOf(join(folder, 'contexts/meta', hash, 'meta.json'));
  const meta = parsed(text ?? '') as { Endpoints?: { docker?: Record<string, unknown> } } | undefined;
  const { Host, SkipTLSVerify } = meta?.Endpoints?.docker ?? {};
  if (typeof Host !== 'string') {
    throw new EngineSettingsError(
      `${origin} ${text === undefined ? 'does not exist' : 'names no address of a daemon'}`,
      { hint: 'choose one of `docker context ls` by `DOCKER_CONTEXT` or `docker context use`' },
    );
  }
  const tls = await tlsOf(join(folder, 'contexts/tls', hash, 'docker'), SkipTLSVerify !== true, origin);
  const isPlain = tls.ca === undefined && tls.cert === undefined && SkipTLSVerify !== true;
  return parseEndpoint(Host, { origin, program: 'docker', tls: isPlain ? undefined : tls });
}

/** `ca.pem`, `cert.pem` and `key.pem` of a folder; each may be missing, a certificate without its key may not. */
async function tlsOf(folder: string, verify: boolean, origin: string): Promise<EndpointTls> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((name) => textOf(join(folder, name))),
  );
  if ((cert === undefined) !== (key === undefined)) {
    throw new EngineSettingsError(
      `${origin} has only one of \`cert.pem\` and \`key.pem\` in \`${visible(folder)}\``,
      { hint: 'put both there, or none' },
    );
  }
  return {
    verify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
}

/** Undefined where there is no such file. */
async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw new EngineSettingsError(`cannot read \`${visible(file)}\`: ${messageOf(cause)}`, {
      hint: 'make it readable for this user',
      cause,
    });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
