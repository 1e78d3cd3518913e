import { buildInMemory, makeBase } from 'pycontainer/testing';
import { describe, expect, it } from 'vitest';
import '../build-matchers.ts';

const base = makeBase({ python: { version: '3.13.5', libc: 'glibc-2.41' } });

describe('a Python that is stated for a base that has one', () => {
  it('is warned of where it is another one, unless its interpreter is stated too', async () => {
    const build = (python: { version: string; interpreter?: string }) => buildInMemory({}, { base, python });
    expect(await build({ version: '3.13.7' })).not.toWarnWith('PYC_PYTHON_OVERRIDDEN');
    expect(await build({ version: '3.11' })).toWarnWith('PYC_PYTHON_OVERRIDDEN');
    const stated = await build({ version: '3.11', interpreter: '/opt/python3.11' });
    expect(stated.report.warnings).toEqual([]);
  });
});
