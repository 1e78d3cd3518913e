import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { parse as parseToml } from 'smol-toml';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { checkValues } from '../core/config/check.ts';
import { loadConfigs } from '../core/config/load.ts';
import { isPycError } from '../core/primitives/errors.ts';
import { parseRegistriesConf } from '../core/registry/settings/registries-conf.ts';
import { faultsOf } from '../scripts/reference/errors.ts';
import { readSources } from '../scripts/reference/sources.ts';
import { commandsOf, objectionTo } from './docs/commands.ts';
import { anchorsOf, linksOf, readPages, root } from './docs/markdown.ts';
import { objectionsOf, snippetsOf } from './docs/snippets.ts';

const pages = readPages();
/** Its examples are compiled with what they leave unsaid. */
const written = pages.filter(({ path }) => path !== 'docs/reference/hooks.md');

describe('the documentation', () => {
  it('links to what exists', () => {
    const texts = new Map(pages.map(({ path, text }) => [path, text]));
    const broken = pages.flatMap((page) =>
      linksOf(page)
        .filter((link) => !/^[a-z]+:/.test(link))
        .filter((link) => {
          const [path = '', anchor] = link.split('#');
          const target = path === '' ? page.path : posix.join(posix.dirname(page.path), path);
          if (!existsSync(join(root, target))) return true;
          return anchor !== undefined && !anchorsOf(texts.get(target) ?? '').has(anchor);
        })
        .map((link) => `${page.path}: ${link}`),
    );
    expect(broken).toEqual([]);
  });

  it('is all found from its index', () => {
    const index = pages.find(({ path }) => path === 'docs/README.md');
    const linked = new Set(linksOf(index!).map((link) => posix.join('docs', link)));
    const missing = pages
      .map(({ path }) => path)
      .filter((path) => path.startsWith('docs/') && path !== index?.path && !linked.has(path));
    expect(missing).toEqual([]);
  });

  it('names files and scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const missing = pages.flatMap(({ path, text }) => [
      ...[...text.matchAll(/`((?:core|plugins|presets|scripts|test|docs)\/[\w./-]+)`/g)]
        .map(([, named = '']) => named)
        .filter((named) => !existsSync(join(root, named)))
        .map((named) => `${path}: ${named}`),
      ...[...text.matchAll(/\bnpm run ([\w:]+)/g)]
        .map(([, script = '']) => script)
        .filter((script) => scripts[script] === undefined)
        .map((script) => `${path}: npm run ${script}`),
    ]);
    expect(missing).toEqual([]);
  });

  it('shows commands that the command line accepts', async () => {
    const commands = pages.flatMap(commandsOf);
    expect(commands.length).toBeGreaterThan(30);
    const objections = await Promise.all(commands.map(objectionTo));
    expect(objections.filter((objection) => objection !== undefined)).toEqual([]);
    const folders = commands.flatMap(({ words }) => words.filter((word) => word.startsWith('docs/')));
    expect(folders.filter((folder) => !existsSync(join(root, folder)))).toEqual([]);
  });

  it('shows configurations of data that the schema accepts', () => {
    const faults = pages
      .flatMap(({ blocks }) => blocks)
      .flatMap(({ language, code, place }) => {
        const value = language === 'toml' ? tableOf(code) : language === 'yaml' ? parseYaml(code) : undefined;
        return value === undefined ? [] : checkValues(value, 'kebab', () => place).faults;
      });
    expect(faults).toEqual([]);
  });

  it('shows modules that compile', { timeout: 60_000 }, () => {
    expect(objectionsOf(written)).toEqual([]);
  });

  it('shows configurations of code that can be loaded', async () => {
    const objections: string[] = [];
    let loaded = 0;
    for (const page of written) {
      const snippets = snippetsOf(page);
      if (!snippets.some(({ code }) => code.includes('defineConfig('))) continue;
      // Below the packages, so that what a snippet imports is found.
      const folder = await mkdtemp(join(root, 'node_modules/.docs-'));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      for (const { name, code } of snippets) await writeFile(join(folder, name), code);
      for (const { name, place } of snippets.filter(({ code }) => code.includes('defineConfig('))) {
        const request = { cwd: folder, command: 'build', env: {}, architecture: 'x64' };
        loaded += 1;
        await loadConfigs({ ...request, file: join(folder, name) }).catch((error: unknown) =>
          objections.push(
            `${place}: ${String(error)} ${isPycError(error) ? JSON.stringify(error.details) : ''}`,
          ),
        );
      }
    }
    expect(objections).toEqual([]);
    expect(loaded).toBeGreaterThan(5);
  });

  it('names codes and variables that the sources have', () => {
    const sources = readSources(root, ['core', 'plugins', 'presets']);
    const known = new Set(sources.flatMap(({ text }) => text.match(/\bPYC_[A-Z0-9_]+/g) ?? []));
    const generated = readFileSync(join(root, 'docs/reference/configuration.md'), 'utf8');
    for (const variable of generated.match(/(?<=variable: `|Variable: `)PYC_[A-Z_]+/g) ?? [])
      known.add(variable);
    const unknown = pages.flatMap(({ path, text }) =>
      (text.match(/\bPYC_[A-Z0-9][A-Z0-9_]*/g) ?? [])
        .filter((name) => !known.has(name))
        .map((name) => `${path}: ${name}`),
    );
    expect(unknown).toEqual([]);
  });
});

describe('every code', () => {
  it('says what it means', () => {
    const silent = faultsOf(root).filter(({ description }) => description.length < 20);
    expect(silent.map(({ code }) => code)).toEqual([]);
  });

  it('belongs to one class', () => {
    const codes = readSources(root, ['core', 'plugins', 'presets']).flatMap(({ text }) =>
      [...text.matchAll(/^ {2}(?:override )?readonly code(?:: \w+)? = '(PYC_\w+)'/gm)].map(
        ([, code]) => code,
      ),
    );
    expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
  });
});

/** `[tool.pycontainer]` where there are tables of tools, else the whole; undefined for what is no configuration, such as registries.conf. */
function tableOf(code: string): unknown {
  const document = parseToml(code) as {
    tool?: Record<string, unknown>;
    project?: unknown;
    registry?: unknown;
  };
  if (Array.isArray(document.registry)) {
    parseRegistriesConf(code, 'registries.conf');
    return undefined;
  }
  if (document.tool === undefined && document.project === undefined) return document;
  return document.tool?.pycontainer;
}
