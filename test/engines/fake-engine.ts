/** An engine's API on a socket of this host: what Docker and podman answer to what a load asks, over a store in memory. */

import { mkdirSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { readTar } from '../../core/archive/tar.ts';
import { readAll } from '../../core/primitives/bytes.ts';
import { digestOf } from '../../core/primitives/digest.ts';

export interface FakeEngine {
  /** As in `GET /images/json`. */
  readonly requests: string[];
  /** Paths in the archives that came, one list a load. */
  readonly loads: string[][];
  /** Name → id. */
  readonly names: Map<string, string>;
  /** Of TCP; 0 of a socket. */
  readonly port: number;
  /** Forgets layers, though images still name them, as when they are removed meanwhile. */
  forgetLayers(): void;
  /** Answers in place of the engine; false: the engine answers. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;
  close(): Promise<void>;
}

export interface FakeEngineOptions {
  readonly kind?: 'docker' | 'docker-containerd' | 'podman';
  readonly architecture?: string;
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string };
}

interface Stored {
  readonly id: string;
  readonly layers: readonly string[];
}

const LIBPOD = '/v4.0.0/libpod';

/** @param socket - the path; absent: a port of loopback */
export async function startFakeEngine(socket?: string, options: FakeEngineOptions = {}): Promise<FakeEngine> {
  const { kind = 'docker', architecture = 'amd64', tls } = options;
  const images = new Map<string, Stored>();
  const layers = new Set<string>();
  const engine = { requests: [] as string[], loads: [] as string[][], names: new Map<string, string>() };
  let intercept: FakeEngine['intercept'] = () => false;

  const find = (name: string): Stored | undefined => images.get(engine.names.get(name) ?? name);
  const load = async (request: IncomingMessage): Promise<string | undefined> => {
    const files = new Map<string, Uint8Array>();
    await readTar(request, async ({ path }, body) => {
      files.set(path, await readAll(body, 1e9, path));
    });
    engine.loads.push([...files.keys()]);
    const json = (path: string): Record<string, unknown> =>
      JSON.parse(Buffer.from(files.get(path)!).toString());
    const lacking = (path: string, diffId: string): boolean => !files.has(path) && !layers.has(diffId);
    if (files.has('manifest.json')) {
      const [{ Config, RepoTags, Layers }] = json('manifest.json') as unknown as [
        { Config: string; RepoTags: string[]; Layers: string[] },
      ];
      const diffIds = (json(Config).rootfs as { diff_ids: string[] }).diff_ids;
      const missing = Layers.find((path, at) => lacking(path, diffIds[at]!));
      if (missing !== undefined) return `open ${missing}: no such file or directory`;
      for (const diffId of diffIds) layers.add(diffId);
      const id = digestOf(files.get(Config)!);
      images.set(id, { id, layers: diffIds });
      for (const name of RepoTags) engine.names.set(name, id);
      return undefined;
    }
    const blob = (digest: string): Record<string, unknown> => json(`blobs/sha256/${digest.slice(7)}`);
    const { manifests } = json('index.json') as unknown as {
      manifests: { digest: string; annotations: Record<string, string> }[];
    };
    for (const { digest, annotations } of manifests) {
      const root = blob(digest) as { config?: { digest: string }; layers?: { digest: string }[] };
      const diffIds = root.config ? (blob(root.config.digest).rootfs as { diff_ids: string[] }).diff_ids : [];
      const missing = (root.layers ?? []).find((one, at) =>
        lacking(`blobs/sha256/${one.digest.slice(7)}`, diffIds[at]!),
      );
      if (missing !== undefined) return `reading blob ${missing.digest}: no such file`;
      for (const diffId of diffIds) layers.add(diffId);
      const id = kind === 'podman' ? root.config!.digest : digest;
      images.set(id, { id, layers: diffIds });
      engine.names.set(annotations['io.containerd.image.name']!, id);
    }
    return undefined;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '', 'http://engine');
    engine.requests.push(`${request.method} ${url.pathname}`);
    if (await intercept(request, response)) return;
    const send = (status: number, value: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    const path = url.pathname.replace(LIBPOD, '');
    const shownId = (id: string): string => (kind === 'podman' ? id.slice(7) : id);
    const [, name, verb] = /^\/images\/([^/]+)\/(json|tag)$/.exec(path) ?? [];
    if (path === '/version') {
      const Components = [{ Name: kind === 'podman' ? 'Podman Engine' : 'Engine' }];
      send(200, { Os: 'linux', Arch: architecture, Version: '1.2.3', Components });
    } else if (path === '/info') {
      const DriverStatus =
        kind === 'docker-containerd'
          ? [['driver-type', 'io.containerd.snapshotter.v1']]
          : [['Backing', 'ext4']];
      send(200, { DriverStatus });
    } else if (path === '/images/json') {
      send(
        200,
        [...images.keys()].map((Id) => ({ Id: shownId(Id) })),
      );
    } else if (name !== undefined && verb === 'json') {
      const stored = find(decodeURIComponent(name));
      if (stored === undefined) send(404, { message: 'no such image' });
      else send(200, { Id: shownId(stored.id), RootFS: { Layers: stored.layers } });
    } else if (name !== undefined && verb === 'tag') {
      const { repo, tag } = Object.fromEntries(url.searchParams) as { repo: string; tag: string };
      engine.names.set(`${repo}:${tag}`, find(decodeURIComponent(name))!.id);
      send(201, {});
    } else if (path === '/images/load') {
      const fault = await load(request);
      // Docker has answered 200 by then.
      if (fault !== undefined && kind === 'podman')
        send(500, { cause: fault, message: fault, response: 500 });
      else if (fault !== undefined) send(200, { errorDetail: { message: fault }, error: fault });
      else send(200, { stream: 'Loaded image' });
    } else send(404, { message: 'page not found' });
  };
  const listen: RequestListener = (request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  };
  const server: Server =
    tls === undefined
      ? createServer(listen)
      : createSecureServer({ ...tls, requestCert: true, rejectUnauthorized: true }, listen);
  if (socket !== undefined) mkdirSync(dirname(socket), { recursive: true });
  await new Promise<void>((done) =>
    socket === undefined ? server.listen(0, '127.0.0.1', done) : server.listen(socket, done),
  );
  return {
    ...engine,
    port: socket === undefined ? (server.address() as AddressInfo).port : 0,
    forgetLayers: () => layers.clear(),
    get intercept() {
      return intercept;
    },
    set intercept(value) {
      intercept = value;
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
