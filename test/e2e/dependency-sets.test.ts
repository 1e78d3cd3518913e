/** A few sets of dependencies in each run; `full/` has all of them. */
import { describe, expect, test } from 'vitest';
import { compareSet } from './harness/dependency-sets.ts';

/** Compiled modules; files below `share` and `etc`; scripts that are no entry points. */
const FEW = ['web-api', 'notebooks', 'clouds'];

describe.each(FEW)('the dependencies of %s', (name) => {
  test('are in `/opt/venv` as `uv sync --no-dev` installs them', async () => {
    const { distributions, files, differences } = await compareSet(name);
    expect(differences).toEqual([]);
    // What is empty would be the same everywhere.
    expect(distributions).toBeGreaterThan(25);
    expect(files).toBeGreaterThan(1000);
  });
});
