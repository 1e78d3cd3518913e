/** Finds the conformance data beside the repository; where it is missing, suites are left out and say so. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { PythonTarget } from '../../../core/python/target.ts';

const folder = new URL('../../../../shared/conformance/', import.meta.url);

export function readConformance(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8');
}

export function conformancePath(name: string): URL {
  return new URL(name, folder);
}

/** As `describe`, for suites that need the data. */
export function describeConformance(name: string, suite: () => void): void {
  if (existsSync(folder)) describe(name, suite);
  else {
    console.log(`left out: ${name}: ${folder.pathname} is missing`);
    describe(name, () => it('is left out without its data', () => expect(existsSync(folder)).toBe(false)));
  }
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' };

/** The target that a vector names by Python, base and machine. */
export function targetOf(version: string, base = 'bookworm', machine = 'x86_64'): PythonTarget {
  const [major, minor] = version.split('.');
  return {
    implementation: 'cpython',
    version,
    abi: `cp${major}${minor}`,
    os: 'linux',
    architecture: ARCHITECTURES[machine] ?? machine,
    libc: base === 'alpine' ? { family: 'musl', version: '1.2' } : { family: 'glibc', version: '2.36' },
  };
}
