/** The same with Bun's own `expect`. */
import { expect, test } from 'bun:test';
import { buildInMemory, matchers } from 'pycontainer/testing';
import greeting from './greeting.mjs';

expect.extend(matchers);

test('greets who logs in', async () => {
  const built = await buildInMemory({ wheels: [{ name: 'idna', version: '3.10' }] }, { plugins: [greeting] });
  expect(built).toHaveFile('etc/motd', expect.stringContaining('hello'));
  expect(built).toHaveLabel('greeting', 'hello');
  expect(built).not.toHaveLabel('mood');
  expect(() => expect(built).toHaveFile('etc/mtod')).toThrow(/did you mean `motd`/);
});

test('does not hide what fails', async () => {
  expect(await buildInMemory({}, { plugins: [greeting], outputs: ['nowhere:x'] })).toFailWith(
    'PYC_OUTPUT_UNKNOWN',
  );
});
