import { describe, expect, it } from 'vitest';
import { readAr, writeAr } from '../../core/archive/ar.ts';
import { codeOf } from '../codes.ts';

async function* chunks(bytes: Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Uint8Array): Promise<[string, string][]> {
  const found: [string, string][] = [];
  await readAr(chunks(bytes), async (member, body) => {
    const parts: Uint8Array[] = [];
    for await (const part of body) parts.push(part);
    expect(Buffer.concat(parts)).toHaveLength(member.size);
    found.push([member.name, Buffer.concat(parts).toString()]);
  });
  return found;
}

const header = (name: string, size: number | string, end = '`\n') =>
  `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(size).padEnd(10)}${end}`;
const archive = (...parts: string[]) => Buffer.from(`!<arch>\n${parts.join('')}`);

describe('ar archives', () => {
  it('are read as they were written', async () => {
    const written = writeAr([
      { name: 'debian-binary', content: Buffer.from('2.0\n') },
      { name: 'control.tar.xz', content: Buffer.from('odd') },
      { name: 'data.tar.xz', content: Buffer.alloc(0) },
    ]);
    expect(await read(written)).toEqual([
      ['debian-binary', '2.0\n'],
      ['control.tar.xz', 'odd'],
      ['data.tar.xz', ''],
    ]);
  });

  it('are read with GNU and BSD names, symbol tables, and without the last padding', async () => {
    const long = 'a-name-that-is-longer-than-sixteen.txt';
    const bytes = archive(
      header('/', 4),
      'syms',
      header('//', long.length + 2),
      `${long}/\n`,
      header('/0', 2),
      'hi',
      header(`#1/${long.length}`, long.length + 1),
      `${long}!`,
      '\n',
      header('plain', 3),
      'end',
    );
    expect(await read(bytes)).toEqual([
      [long, 'hi'],
      [long, '!'],
      ['plain', 'end'],
    ]);
  });

  it('can be left early, in a member and between members', async () => {
    const bytes = writeAr(['a', 'b', 'c'].map((name) => ({ name, content: Buffer.from(name.repeat(99)) })));
    const seen: string[] = [];
    await readAr(chunks(bytes), async ({ name }, body) => {
      seen.push(name);
      for await (const _ of body) break;
      return name !== 'b';
    });
    expect(seen).toEqual(['a', 'b']);
  });

  it('are refused where they are malformed, cut off or name paths', async () => {
    const cases: Record<string, Buffer> = {
      'no magic': Buffer.from('!<arch>X'),
      empty: Buffer.alloc(0),
      'bad header end': archive(header('a', 1, 'xx'), 'a'),
      'bad size': archive(header('a', '1x'), 'a'),
      'negative size': archive(header('a', -1), 'a'),
      'cut header': archive(header('a', 2), 'ab', header('b', 2).slice(0, 30)),
      'cut content': archive(header('a', 9), 'ab'),
      'no padding': archive(header('a', 1), 'a', header('b', 1), 'b'),
      'path as name': archive(header('../a', 1), 'a'),
      'dots as name': archive(header('../', 1), 'a'),
      'BSD path': archive(header('#1/4', 5), '../ba'),
      'BSD name too long': archive(header('#1/99', 5), 'abcde'),
      'missing table': archive(header('/0', 1), 'a'),
      'offset outside the table': archive(header('//', 4), 'ab/\n', header('/9', 1), 'a'),
    };
    const answers: [string, unknown][] = [];
    for (const [name, bytes] of Object.entries(cases)) answers.push([name, await codeOf(() => read(bytes))]);
    expect(answers.filter(([, code]) => code !== 'PYC_AR_INVALID')).toEqual([]);
  });

  it('are not written with names that the format cannot hold', async () => {
    for (const name of ['', 'a/b', 'sixteen-letters-', 'a b', 'ü']) {
      expect(await codeOf(() => writeAr([{ name, content: new Uint8Array(0) }]))).toBe('PYC_AR_INVALID');
    }
  });
});
