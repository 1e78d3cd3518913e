/** The check without the schema takes nothing that the schema refuses, and changes nothing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConfigStyle, checkValues, keysAt } from '../../core/config/check.ts';
import { checkSource } from '../../core/config/plain-check.ts';

const STYLES: readonly ConfigStyle[] = ['module', 'json', 'kebab'];

const text = fc.oneof(
  fc.constantFrom(
    ...['', ' ', 'shop', 'shop:1.0', 'a b', 'user:secret@host/x', 'https://a:b@c', 'x@sha256:00', '/app'],
    ...[
      'layout:build',
      'layout:',
      'linux/amd64',
      'linux/arm64',
      'linux/s390',
      '65532:65532',
      'a:b:c',
      'auto',
    ],
    ...['registry:u:p@h/x', '3.12', 'SIGTERM', '\0', '../x', '__proto__', 'A=B'],
  ),
  fc.string(),
);
const leaf = fc.oneof(
  text,
  fc.boolean(),
  fc.constantFrom(0, 1, 8000, 65_535, 65_536, 1.5, -1, Number.NaN, null, undefined, new Date(0)),
);
const name = fc.oneof(fc.constantFrom('A', 'a.b/c', '__proto__', 'constructor', 'x=y', '', '1'), fc.string());
const table = fc.dictionary(name, fc.oneof(leaf, fc.array(text)), { maxKeys: 3 });
const value = fc.oneof(leaf, fc.array(leaf, { maxLength: 3 }), table);
const image = fc.dictionary(fc.oneof(fc.constantFrom(...keysAt([], 'module')), fc.string()), value, {
  maxKeys: 4,
});
const source = fc.oneof(value, image, fc.record({ profiles: fc.dictionary(name, image, { maxKeys: 2 }) }));

describe('the check of what is plain', () => {
  it('says what the schema says', async () => {
    await fc.assert(
      fc.asyncProperty(source, fc.constantFrom(...STYLES), async (raw, style) => {
        const said = await checkSource(raw, style, () => 'here');
        expect(said).toEqual(checkValues(raw, style, () => 'here'));
      }),
      { numRuns: 2000 },
    );
  });

  it('says it of values that each key may hold', async () => {
    const whole = {
      ...{ name: 'shop', project: '.', base: 'python:3.13-slim', tags: ['shop:1.0'], outputs: ['layout:x'] },
      ...{ registry: 'ghcr.io/me', push: true, platforms: ['linux/amd64'], extras: ['x'], groups: ['y'] },
      ...{ dependencies: false, package: 'api', wheelhouse: 'w', include: ['*'], exclude: [], sbom: false },
      ...{ entrypoint: ['a'], cmd: ['b'], user: '1:1', workdir: '/app', ports: [8000], env: { A: 'b' } },
      ...{ labels: { 'a.b': 'c' }, annotations: {}, preset: false, plugins: ['sbom'], extends: './x.toml' },
    };
    const raw = { ...whole, profiles: { release: { tags: ['shop:2.0'], env: { A: 'c' } } } };
    for (const style of STYLES) {
      expect(await checkSource(raw, style, () => '')).toEqual({ values: raw, faults: [] });
      expect(checkValues(raw, style, () => '')).toEqual({ values: raw, faults: [] });
    }
  });
});
