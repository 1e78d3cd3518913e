import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readElfNeeds } from '../../core/python/elf-needs.ts';

const TEXTS = '\0libc.so.6\0libpq.so.5\0GLIBC_2.34\0';

/** A library of x86-64 that is loaded whole at an address, with a dynamic section, one record of versions and its texts. */
function library(): Buffer {
  const bytes = Buffer.alloc(512);
  const long = (at: number, value: number): void => void bytes.writeBigUInt64LE(BigInt(value), at);
  const address = 0x1000;
  bytes.write('\x7fELF', 'latin1');
  bytes[4] = 2;
  bytes[5] = 1;
  bytes.writeUInt16LE(62, 18);
  long(32, 64);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(2, 56);
  for (const [at, type, offset, size] of [
    [64, 1, 0, 512],
    [120, 2, 192, 80],
  ] as const) {
    bytes.writeUInt32LE(type, at);
    long(at + 8, offset);
    long(at + 16, address + offset);
    long(at + 32, size);
  }
  for (const [index, [tag, value]] of [
    [1, TEXTS.indexOf('libc')],
    [1, TEXTS.indexOf('libpq')],
    [5, address + 400],
    [0x6ffffffe, address + 300],
    [0x6fffffff, 1],
  ].entries()) {
    long(192 + index * 16, tag!);
    long(200 + index * 16, value!);
  }
  bytes.writeUInt16LE(1, 302);
  bytes.writeUInt32LE(16, 308);
  bytes.writeUInt32LE(TEXTS.indexOf('GLIBC'), 324);
  bytes.write(TEXTS, 400, 'latin1');
  return bytes;
}

describe('what a shared library needs', () => {
  it('is read from its dynamic section', () => {
    expect(readElfNeeds(library())).toEqual({
      architecture: 'amd64',
      libraries: ['libc.so.6', 'libpq.so.5'],
      versions: ['GLIBC_2.34'],
    });
    expect(readElfNeeds(Buffer.from('#!/bin/sh\n'))).toBeUndefined();
  });

  it('is nothing, and never a failure, where the file lies or is cut off', () => {
    const whole = library();
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 512 }),
        fc.array(fc.tuple(fc.integer({ min: 16, max: 511 }), fc.integer({ min: 0, max: 255 })), {
          maxLength: 12,
        }),
        (length, changes) => {
          const bytes = Buffer.from(whole);
          for (const [at, value] of changes) bytes[at] = value;
          const needs = readElfNeeds(bytes.subarray(0, length));
          return needs === undefined || needs.libraries.length < 512;
        },
      ),
    );
  });
});
