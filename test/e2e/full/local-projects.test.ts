/** Earlier versions of uv's build backend, which bounds in `build-system.requires` ask for. */
import { expect, test } from 'vitest';
import { differences } from '../harness/backends.ts';
import type { ProjectTree } from '../local-project-trees/tree.ts';
import { UV_BUILD } from '../local-project-trees/uv-build.ts';

test.each(['0.12.24', '0.11.33', '0.10.12', '0.9.30'])('uv_build %s', async (version) => {
  const trees = Object.entries(UV_BUILD).map(([name, { files, ...rest }]): [string, ProjectTree] => {
    const text = files['pyproject.toml']!.replace('uv_build>=0.13.6,<0.14', `uv_build==${version}`);
    return [name, { ...rest, files: { ...files, 'pyproject.toml': text } }];
  });
  expect(await differences(Object.fromEntries(trees), `backends-uv${version}`)).toEqual([]);
});
