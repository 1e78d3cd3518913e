/** Asks the cloud plugins as a build does, with nothing of this host around them, and token services on loopback. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isPycError, type Plugin, silentLog } from 'pycontainer';
import type { Credentials } from 'pycontainer/registry';
import { type Answer, type FakeRequest, type FakeServer, startFakeServer } from 'pycontainer/testing';
import { onTestFinished } from 'vitest';
import { createHttpClient } from '../../../core/http/undici-client.ts';
import { createHooks } from '../../../core/pipeline/hooks.ts';
import type { PluginApi } from '../../../core/pipeline/plugin.ts';
import type { ResolvedConfig } from '../../../core/pipeline/settings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Gives what a plugin answers for a host, or the code of the error that it throws. */
export type Ask = (host: string) => Promise<Credentials | string | undefined>;

/** A plugin, applied once: what it remembers it remembers from one question to the next. */
export function applied(plugin: Plugin, env: Environment): Ask & { readonly said: string[] } {
  const said: string[] = [];
  const { signal } = new AbortController();
  const http = createHttpClient({ env: {}, retry: { base: 5, longest: 20, deadline: 2_000 } });
  onTestFinished(() => http.close());
  const hooks = createHooks();
  const log = { ...silentLog, debug: (text: string) => void said.push(text) };
  plugin.apply(hooks, { http, env, signal, log } as Partial<PluginApi> as PluginApi);
  const context = { signal, config: {} as ResolvedConfig };
  const ask: Ask = async (host) => {
    try {
      return await hooks.credentials.promise({ host, repository: 'me/shop' }, context);
    } catch (thrown) {
      if (!isPycError(thrown)) throw thrown;
      said.push(thrown.message, thrown.hint ?? '');
      return thrown.code;
    }
  };
  return Object.assign(ask, { said });
}

/** Hosts of a table for which a plugin answers although it must not. */
export async function answeredFor(ask: Ask, hosts: readonly string[]): Promise<readonly string[]> {
  const answers = await Promise.all(hosts.map(ask));
  return hosts.filter((_, index) => answers[index] !== undefined);
}

/** A token service; what `answer` leaves out is refused. */
export async function service(
  answer: (request: FakeRequest) => Answer | object | undefined,
): Promise<FakeServer & { readonly bodies: string[] }> {
  const bodies: string[] = [];
  const server = await startFakeServer((request) => {
    bodies.push(request.body.toString());
    const given = answer(request);
    if (given === undefined) return { status: 403, body: '{"error":"access_denied","secret":"echoed"}' };
    return 'status' in given ? (given as Answer) : { status: 200, body: JSON.stringify(given) };
  });
  onTestFinished(() => server.close());
  return Object.assign(server, { bodies });
}

/** A folder with these files; those below `bin` are programs. */
export async function folder(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'pyc-cloud-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    const file = join(directory, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    if (name.startsWith('bin/')) await chmod(file, 0o755);
  }
  return directory;
}

export const SOON = new Date(Date.now() + 3_600_000).toISOString();
