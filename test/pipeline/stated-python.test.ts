import type { BaseSource } from 'pycontainer';
import { describe, expect, it } from 'vitest';
import { makeSample } from '../samples/sample.ts';

/** A base without files that says what Python it has. */
const base: BaseSource = {
  reference: 'mine',
  open: async (platform) => ({
    platform,
    layers: [],
    config: {
      os: platform.os,
      architecture: platform.architecture,
      rootfs: { type: 'layers', diff_ids: [] },
    },
  }),
  python: () => ({
    interpreter: '/usr/bin/python3.13',
    target: {
      implementation: 'cpython',
      version: '3.13.5',
      abi: 'cp313',
      os: 'linux',
      architecture: 'amd64',
      libc: { family: 'glibc', version: '2.41' },
    },
  }),
};

describe('a Python that is stated for a base that has one', () => {
  it('is warned of where it is another one, unless its interpreter is stated too', async () => {
    const sample = await makeSample();
    const codes = async (python: { version: string; interpreter?: string }) =>
      (await sample.build({ base, python, sbom: false })).warnings.map(({ code }) => code);
    expect(await codes({ version: '3.13.7' })).toEqual([]);
    expect(await codes({ version: '3.11' })).toEqual(['PYC_PYTHON_OVERRIDDEN']);
    expect(await codes({ version: '3.11', interpreter: '/opt/python3.11' })).toEqual([]);
  });
});
