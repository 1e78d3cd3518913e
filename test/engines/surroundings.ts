/** A host of a test's own to look for engines on, and images to load. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { EngineHost, LoadRequest } from '../../core/engines/engine.ts';
import { buildIndex } from '../../core/oci/build-image.ts';
import type { OutputContents } from '../../core/oci/output.ts';
import type { Warning } from '../../core/primitives/log.ts';
import { silentLog } from '../../core/primitives/log.ts';
import { makeImage, sampleLayers } from '../oci/images.ts';
import { temporaryFolder, temporaryStore } from '../oci/temporary.ts';
import { type FakeEngine, type FakeEngineOptions, startFakeEngine } from './fake-engine.ts';

export interface TestHost extends EngineHost {
  readonly folder: string;
  /** A program on its PATH, of JavaScript's lines. */
  program(name: string, lines: string): Promise<void>;
}

/** Nothing runs there, and its PATH has nothing but what the test puts there. */
export async function testHost(env: Record<string, string> = {}): Promise<TestHost> {
  const folder = await temporaryFolder();
  const bin = join(folder, 'bin');
  await mkdir(bin);
  return {
    folder,
    env: { PATH: bin, XDG_RUNTIME_DIR: join(folder, 'user'), ...env },
    home: join(folder, 'home'),
    system: 'linux',
    architecture: 'x64',
    runFolders: [join(folder, 'var/run'), join(folder, 'run')],
    async program(name, lines) {
      const file = join(bin, name);
      await writeFile(file, `#!${process.execPath}\n${lines}\n`);
      await chmod(file, 0o755);
    },
  };
}

/** Closed when the test ends. */
export async function engineAt(socket?: string, options?: FakeEngineOptions): Promise<FakeEngine> {
  const engine = await startFakeEngine(socket, options);
  onTestFinished(() => engine.close());
  return engine;
}

/** Images of one project, whose last layer differs by the seed. */
export async function contentsFor(
  platforms: readonly [string, ...string[]] = ['linux/amd64'],
  seed = 'seed',
): Promise<OutputContents> {
  const store = await temporaryStore();
  const images = await Promise.all(
    platforms.map((platform) => makeImage(store, sampleLayers(seed), platform)),
  );
  return { images, referrers: [], ...(images.length > 1 ? { index: buildIndex(images) } : {}) };
}

export interface TestRequest extends LoadRequest {
  /** Codes. */
  readonly warnings: string[];
}

export function requestFor(
  contents: OutputContents,
  names: LoadRequest['names'] = ['shop:1.0'],
  signal: AbortSignal = new AbortController().signal,
): TestRequest {
  const warnings: string[] = [];
  const log = { ...silentLog, warn: ({ code }: Warning) => void warnings.push(code) };
  return { contents, names, log, signal, warnings };
}
