import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { OWN_MODULES, PLUGINS, PRESETS } from '../core/config/first-party.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
  exports: Record<string, unknown>;
};

/** Areas of the core, each row may import the rows above it, and no area its neighbour in the row. */
const ROWS = [
  ['primitives', 'runtime'],
  ['http', 'archive'],
  ['store'],
  ['oci', 'python'],
  ['registry', 'signature', 'engines'],
  ['pipeline', 'images'],
  ['config'],
  ['front'],
  ['cli'],
];
const rankOf = (area: string): number => ROWS.findIndex((row) => row.includes(area));

interface Import {
  readonly file: string;
  readonly specifier: string;
  /** The file that a relative specifier means. */
  readonly target: string | undefined;
}

/** `core/oci/layer/writer.ts` → `oci`; the files in `core` itself are the front. */
function areaOf(file: string): string {
  const [top, area = '', ...rest] = file.split('/');
  if (top !== 'core') return top!;
  return rest.length === 0 ? 'front' : area;
}

function importsOf(folder: string): Import[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts') && !file.includes('node_modules'))
    .flatMap((file) => {
      const text = readFileSync(join(root, file), 'utf8')
        .replaceAll(/\/\*[\s\S]*?\*\//g, '')
        .replaceAll(/^\s*\/\/.*$/gm, '');
      const statements = text.matchAll(
        /^(?:import|export)\b(?:[^;'"`]*?\bfrom)? '([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm,
      );
      return [...statements]
        .map(([, still, moving]) => still ?? moving ?? '')
        .map((specifier) => ({
          file,
          specifier,
          target: specifier.startsWith('.') ? posix.join(dirname(file), specifier) : undefined,
        }));
    });
}

const core = importsOf('core');
/** What a template imports is what the package that is made of it has. */
const outside = [...importsOf('plugins'), ...importsOf('presets')].filter(
  ({ file }) => !file.includes('/templates/'),
);
const shown = ({ file, specifier }: Import): string => `${file} → ${specifier}`;

/** `@scope/name/sub` → `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

const isBuiltin = (specifier: string): boolean =>
  specifier.startsWith('node:') && builtinModules.includes(specifier.slice('node:'.length).split('/')[0]!);

describe('imports', () => {
  it('go one way through the core', () => {
    const wrong = core.filter(({ file, target }) => {
      if (target === undefined) return false;
      const [from, to] = [areaOf(file), areaOf(target)];
      if (from === to) return false;
      if (from === 'testing') return to === 'cli';
      if (from === 'runtime' && to === 'primitives') return false;
      return rankOf(to) === -1 || rankOf(to) >= rankOf(from);
    });
    expect(wrong.map(shown)).toEqual([]);
  });

  it('of the command line reach the rest through the front, apart from words and shapes', () => {
    const wrong = core.filter(({ file, target }) => {
      if (areaOf(file) !== 'cli' || target === undefined) return false;
      const to = areaOf(target);
      return (
        !['cli', 'front', 'primitives'].includes(to) &&
        !/^core\/pipeline\/(report|settings)\.ts$/.test(target)
      );
    });
    expect(wrong.map(shown)).toEqual([]);
  });

  it('of the core never reach plugins or presets, except for the one table', () => {
    const wrong = core.filter(
      ({ file, specifier, target }) =>
        (target !== undefined && !target.startsWith('core/')) ||
        (specifier.startsWith('pycontainer') && file !== 'core/config/first-party.ts'),
    );
    expect(wrong.map(shown)).toEqual([]);
  });

  it('of plugins and presets are what an npm package could import', () => {
    const allowed = new Set(['pycontainer', 'pycontainer/python', 'pycontainer/oci', 'pycontainer/registry']);
    const wrong = outside.filter(({ file, specifier, target }) => {
      if (target !== undefined) {
        const home = file.startsWith('plugins/') ? file.split('/').slice(0, 2).join('/') : 'presets';
        return !target.startsWith(`${home}/`);
      }
      if (specifier.startsWith('pycontainer')) return !allowed.has(specifier);
      return !isBuiltin(specifier) && !(packageOf(specifier) in packageJson.dependencies);
    });
    expect(wrong.map(shown)).toEqual([]);
  });

  it('of packages are declared, and builtins have their prefix', () => {
    const wrong = core.filter(
      ({ specifier, target }) =>
        target === undefined &&
        !specifier.startsWith('pycontainer') &&
        !isBuiltin(specifier) &&
        !(packageOf(specifier) in packageJson.dependencies),
    );
    expect(wrong.map(shown)).toEqual([]);
  });

  it('of the HTTP library are in one file', () => {
    const users = new Set(
      [...core, ...outside]
        .filter(({ specifier }) => packageOf(specifier) === 'undici')
        .map(({ file }) => file),
    );
    expect([...users]).toEqual(['core/http/transport.ts']);
  });
});

describe('the table of first-party modules', () => {
  it('has every plugin and preset there is, and only what the package exports', () => {
    const plugins = readdirSync(join(root, 'plugins')).filter((name) =>
      existsSync(join(root, 'plugins', name, 'index.ts')),
    );
    const presets = readdirSync(join(root, 'presets')).filter((name) => name.endsWith('.ts'));
    expect(Object.keys(PLUGINS).sort()).toEqual(plugins.sort());
    expect(Object.keys(PRESETS).sort()).toEqual(presets.map((name) => name.slice(0, -3)).sort());
    const patterns = Object.keys(packageJson.exports).map((key) =>
      key.replace(/^\.\/?/, 'pycontainer/').replace(/\/$/, ''),
    );
    const unexported = Object.keys(OWN_MODULES).filter(
      (name) =>
        !patterns.some(
          (pattern) => pattern === name || (pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1))),
        ),
    );
    expect(unexported).toEqual([]);
  });
});
