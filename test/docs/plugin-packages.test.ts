import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { satisfies } from 'semver';
import { describe, expect, it } from 'vitest';
import { type HookName, VERSION } from '../../core/index.ts';
import { createHooks } from '../../core/pipeline/hooks.ts';
import { root } from './markdown.ts';

interface Package {
  readonly name: string;
  readonly version: string;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const examples = readdirSync(join(root, 'docs/examples'))
  .filter((name) => name.startsWith('plugin-'))
  .map((name) => join(root, 'docs/examples', name));
const initializer = join(root, 'plugins/create-pycontainer-plugin');
const templates = join(initializer, 'templates');

const packageOf = (folder: string): Package =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Package;

const sourcesOf = (folder: string): string =>
  readdirSync(join(folder, 'src'))
    .map((name) => readFileSync(join(folder, 'src', name), 'utf8'))
    .join('\n');

describe('the plugins of others', () => {
  it('tap every hook, some one and some another', () => {
    const text = examples.map(sourcesOf).join('\n');
    const tapped = new Set([...text.matchAll(/\bhooks\.(\w+)\.tap(?:Promise)?\(/g)].map(([, hook]) => hook));
    const untapped = (Object.keys(createHooks()) as HookName[]).filter((hook) => !tapped.has(hook));
    expect(untapped).toEqual([]);
  });

  it('are made for this version, and for what it is built with', () => {
    const own = packageOf(root);
    const faults = [...examples, join(templates, 'common')].map(packageOf).flatMap((one) => [
      ...[one.peerDependencies?.pycontainer, one.devDependencies?.pycontainer]
        .filter((range) => !satisfies(VERSION, range ?? ''))
        .map((range) => `${one.name}: pycontainer ${range}`),
      ...Object.entries({ ...one.dependencies, ...one.devDependencies })
        .filter(([name]) => name !== 'pycontainer')
        .filter(([name, range]) => ({ ...own.dependencies, ...own.devDependencies })[name] !== range)
        .map(([name, range]) => `${one.name}: ${name} ${range}`),
    ]);
    expect(faults).toEqual([]);
  });

  it('are made by an initializer of the same version', () => {
    expect(packageOf(initializer).version).toBe(VERSION);
  });
});
