/** Errors that no call could be told of. */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { strayError } from '../../core/cli/stray-error.ts';
import type { PycError } from '../../core/primitives/errors.ts';

const OWN = fileURLToPath(new URL('../../core/run.ts', import.meta.url));

function thrownAt(...places: readonly string[]): Error {
  const error = new Error('floating');
  error.stack = ['Error: floating', ...places.map((place) => `    at ${place}`)].join('\n');
  return error;
}

it('name the package or the file whose code threw them', () => {
  const places = [
    ['new Promise (<anonymous>)', 'file:///p/node_modules/thing/dist/index.js:1:16', `run (${OWN}:3:1)`],
    ['later (/p/node_modules/.pnpm/x@1/node_modules/@me/thing/index.js:7:3)'],
    ['node:internal/timers:581:17', 'file:///p/pycontainer.config.ts?pycontainer=1:7:3'],
  ];
  const named = places.map((place) => {
    const { code, message } = strayError(thrownAt(...place)) as PycError;
    return [code, /`(.*?)`/.exec(message)?.[1]];
  });
  expect(named).toEqual([
    ['PYC_STRAY_ERROR', 'thing'],
    ['PYC_STRAY_ERROR', '@me/thing'],
    ['PYC_STRAY_ERROR', '/p/pycontainer.config.ts'],
  ]);
});

it('stay as they are where this program threw them, or nobody knows who did', () => {
  for (const thrown of [thrownAt(`run (${OWN}:3:1)`), thrownAt(), 'text']) {
    expect(strayError(thrown)).toBe(thrown);
  }
});
