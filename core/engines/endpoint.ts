/** Where an engine's API is: the addresses that `DOCKER_HOST` and `CONTAINER_HOST` may hold. Nothing is connected here. */
import { PycError } from '../primitives/errors.ts';
import { visible } from '../primitives/path.ts';
import { EngineSettingsError } from './errors.ts';
import type { Command } from './program.ts';

/** PEM texts; what is absent is the runtime's own, or nothing. */
export interface EndpointTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** False: any certificate will do. */
  readonly verify: boolean;
}

export type Endpoint = { readonly shown: string } & (
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls?: EndpointTls }
  /** A program whose standard streams are the connection. */
  | { readonly kind: 'program'; readonly command: Command }
);

const PORT = 2375;
const TLS_PORT = 2376;

export interface EndpointOptions {
  /** Names the setting in errors. */
  readonly origin: string;
  /** The engine's program at the other end of ssh. */
  readonly program: 'docker' | 'podman';
  readonly tls?: EndpointTls | undefined;
}

/** Reads `unix:///run/docker.sock`, `tcp://host:2376`, `ssh://me@host`, `npipe:////./pipe/docker_engine`. @throws EngineSettingsError */
export function parseEndpoint(text: string, options: EndpointOptions): Endpoint {
  const [, scheme = '', rest = ''] = /^([a-z+]+):\/\/(.*)$/s.exec(text) ?? [];
  switch (scheme) {
    case 'unix':
      if (rest === '' || rest.includes('\0')) throw malformed(text, options);
      return { kind: 'socket', path: rest, shown: text };
    case 'npipe':
      return { kind: 'socket', path: rest.replaceAll('\\', '/'), shown: text };
    case 'tcp':
    case 'http':
    case 'https':
      return overTcp(text, scheme, rest, options);
    case 'ssh':
      return overSsh(text, options);
    default:
      throw malformed(text, options);
  }
}

function overTcp(text: string, scheme: string, rest: string, options: EndpointOptions): Endpoint {
  const isSecure = scheme === 'https' || options.tls !== undefined;
  const { hostname, port, pathname, username, password, search, hash } = urlOf(
    `http://${rest}`,
    text,
    options,
  );
  if (username !== '' || password !== '' || search !== '' || hash !== '' || pathname !== '/')
    throw malformed(text, options);
  // The parser of URLs leaves the default port of http out.
  const written = /:80$/.test(rest.replace(/\/$/, '')) ? 80 : undefined;
  return {
    kind: 'tcp',
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (written ?? (isSecure ? TLS_PORT : PORT)) : Number(port),
    ...(isSecure ? { tls: options.tls ?? { verify: true } } : {}),
    shown: text,
  };
}

/** As the engines' own programs do it: the streams of ssh are a connection to the socket over there. */
function overSsh(text: string, options: EndpointOptions): Endpoint {
  const { hostname, port, username, password, pathname, search, hash } = urlOf(text, text, options);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const user = decodeURIComponent(username);
  const odd = [host, user].some((word) => word.startsWith('-') || /[\s\0]/.test(word));
  // What is on the command line over there is read by a shell.
  const path = decodeURIComponent(pathname === '/' ? '' : pathname);
  if (host === '' || odd || password !== '' || search !== '' || hash !== '' || /[^\w./@+-]/.test(path))
    throw malformed(text, options);
  const { program } = options;
  const at = path === '' ? [] : [program === 'docker' ? '--host' : '--url', `unix://${path}`];
  return {
    kind: 'program',
    shown: text,
    command: [
      'ssh',
      ...(user === '' ? [] : ['-l', user]),
      ...(port === '' ? [] : ['-p', port]),
      ...['-o', 'ConnectTimeout=30', '-T', '--', host],
      ...[program, ...at, 'system', 'dial-stdio'],
    ],
  };
}

function urlOf(url: string, text: string, options: EndpointOptions): URL {
  try {
    const parsed = new URL(url);
    decodeURIComponent(parsed.username + parsed.pathname);
    if (parsed.hostname === '') throw malformed(text, options);
    return parsed;
  } catch (cause) {
    if (cause instanceof PycError) throw cause;
    throw malformed(text, options, cause);
  }
}

function malformed(text: string, { origin }: EndpointOptions, cause?: unknown): EngineSettingsError {
  const shown = visible(text.replace(/:[^:@/]*@/, ':***@').slice(0, 300));
  return new EngineSettingsError(`${origin} is no address of an engine: \`${shown}\``, {
    hint: 'write `unix:///PATH`, `tcp://HOST:PORT` or `ssh://USER@HOST`',
    cause,
  });
}
