/** Twenty-five applications' dependencies, locked today: every file in `/opt/venv` is what `uv sync --no-dev` installs here. */
import { describe, expect, test } from 'vitest';
import { compareSet, DEPENDENCY_SETS } from '../harness/dependency-sets.ts';

test('there are twenty-five sets', () => {
  expect(DEPENDENCY_SETS).toHaveLength(25);
});

describe.each(DEPENDENCY_SETS)('the dependencies of %s', (name) => {
  test('are in `/opt/venv` as `uv sync --no-dev` installs them', async () => {
    const { distributions, files, differences } = await compareSet(name);
    console.log(`${name}: ${distributions} distributions, ${files} files`);
    expect(differences).toEqual([]);
    expect(distributions).toBeGreaterThan(5);
  });
});
