/**
 * Makes `pycontainer` and `pycontainer/…` mean the running program also in modules that the runtime loads
 * itself, such as a plugin from npm that brings a copy of this package along.
 */
import { readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { OWN_MODULES } from './first-party.ts';

/** Hooks as they are called on the thread itself (Node's `module.registerHooks`). */
interface Hooks {
  readonly resolve?: (
    specifier: string,
    context: { readonly parentURL?: string | undefined },
    next: (specifier: string, context: object) => Resolved,
  ) => Resolved;
  readonly load?: (
    url: string,
    context: { readonly format?: string | null | undefined },
    next: (url: string, context: object) => object,
  ) => object;
}

interface Resolved {
  readonly url: string;
  readonly format?: string | null | undefined;
  readonly shortCircuit?: boolean | undefined;
}

/** `registerHooks` is younger than the oldest Node that is supported, and absent in Bun. */
export interface NodeHooks {
  readonly registerHooks?: (hooks: Hooks) => unknown;
}

/** The part of Bun's own interface that is used here; Bun has no hooks of Node's kind. */
interface Bun {
  plugin(plugin: {
    readonly name: string;
    setup(build: {
      module(
        specifier: string,
        load: () => Promise<{ readonly loader: 'object'; readonly exports: object }>,
      ): void;
    }): void;
  }): void;
}

let registered: Promise<void> | undefined;

/** Registers the resolver hook, once a process. Does nothing when this program runs from its sources, which no runtime loads. */
export function resolveToThisProgram(): Promise<void> {
  registered ??= register();
  return registered;
}

/** True where a loader other than the runtime's own runs this program, as in tests. */
export function runsFromSources(): boolean {
  return import.meta.url.endsWith('.ts');
}

async function register(): Promise<void> {
  if (runsFromSources()) return;
  const { Bun: bun } = globalThis as { readonly Bun?: Bun };
  if (bun !== undefined) {
    bun.plugin({
      name: 'pycontainer',
      setup(build) {
        for (const [specifier, load] of Object.entries(OWN_MODULES)) {
          build.module(specifier, async () => ({ loader: 'object', exports: await load() }));
        }
      },
    });
    return;
  }
  const urls = ownUrls();
  const { registerHooks } = nodeModule as NodeHooks;
  if (registerHooks !== undefined) {
    registerHooks({
      resolve: (specifier, context, next) => {
        const url = Object.hasOwn(urls, specifier) ? urls[specifier] : undefined;
        return url === undefined ? next(specifier, context) : { url, format: 'module', shortCircuit: true };
      },
    });
    return;
  }
  nodeModule.register?.(`data:text/javascript,${encodeURIComponent(hookSource(urls))}`);
}

/** The same hook as a module of its own: older Nodes run hooks on another thread. */
function hookSource(urls: Readonly<Record<string, string>>): string {
  return [
    `const urls = ${JSON.stringify(urls)};`,
    'export async function resolve(specifier, context, next) {',
    '  const url = Object.hasOwn(urls, specifier) ? urls[specifier] : undefined;',
    "  return url === undefined ? next(specifier, context) : { url, format: 'module', shortCircuit: true };",
    '}',
  ].join('\n');
}

/** Specifier → URL of the built module. */
function ownUrls(): Readonly<Record<string, string>> {
  const root = packageRoot();
  return Object.fromEntries(
    Object.keys(OWN_MODULES).map((specifier) => [
      specifier,
      pathToFileURL(join(root, builtPath(specifier))).href,
    ]),
  );
}

/** As package.json's `exports` says. */
function builtPath(specifier: string): string {
  const [, kind, name] = specifier.split('/');
  if (kind === undefined) return 'dist/core/index.js';
  if (kind === 'plugins') return `dist/plugins/${name}/index.js`;
  if (kind === 'presets') return `dist/presets/${name}.js`;
  return `dist/core/${kind}/index.js`;
}

function packageRoot(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    try {
      const { name } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as { name?: string };
      if (name === 'pycontainer') return at;
    } catch {
      // Not here: one folder up.
    }
    if (dirname(at) === at) return at;
  }
}
