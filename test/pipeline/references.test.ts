import { describe, expect, it } from 'vitest';
import { ownBase } from '../../core/pipeline/defaults/base.ts';
import { createRunMemory } from '../../core/pipeline/run-memory.ts';
import { referencesOf } from '../../core/pipeline/stages/publish.ts';

describe('a registry and tags', () => {
  it('become references by the documented rules', () => {
    const table: [registry: string | undefined, tags: string[], references: string[]][] = [
      [undefined, [], []],
      [undefined, ['shop:1'], ['shop:1']],
      ['ghcr.io/me', [], ['ghcr.io/me/app:latest']],
      ['ghcr.io/me', ['shop:1', 'shop'], ['ghcr.io/me/shop:1', 'ghcr.io/me/shop']],
      ['ghcr.io/me/', ['shop:1'], ['ghcr.io/me/shop:1']],
      // The registry has the repository already.
      ['ghcr.io/user/myapp', ['myapp:latest'], ['ghcr.io/user/myapp:latest']],
      ['ghcr.io/user/myapp', ['user/myapp:2'], ['ghcr.io/user/myapp:2']],
      ['ghcr.io/user/app', [], ['ghcr.io/user/app:latest']],
      ['localhost:5000/myapp', ['myapp'], ['localhost:5000/myapp']],
      ['ghcr.io/user/myapp', ['app:1'], ['ghcr.io/user/myapp/app:1']],
      ['ghcr.io', ['ghcr:1'], ['ghcr.io/ghcr:1']],
      ['localhost:5000', ['shop:1'], ['localhost:5000/shop:1']],
      // A whole reference on either side.
      ['ghcr.io/me', ['docker.io/other/shop:1', 'shop:1'], ['docker.io/other/shop:1', 'ghcr.io/me/shop:1']],
      ['ghcr.io/me/shop:2', ['shop:1', 'shop'], ['ghcr.io/me/shop:2']],
      ['ghcr.io/me/shop:2', ['quay.io/me/shop:1'], ['quay.io/me/shop:1']],
      ['ghcr.io/me', ['shop:1', 'ghcr.io/me/shop:1'], ['ghcr.io/me/shop:1']],
    ];
    const mismatches = table.filter(([registry, tags, references]) => {
      const found = referencesOf('app', { tags, ...(registry === undefined ? {} : { registry }) });
      return JSON.stringify(found) !== JSON.stringify(references);
    });
    expect(mismatches).toEqual([]);
  });
});

describe('a base', () => {
  it("with almost the scheme of another kind is no registry's, unless it says so", () => {
    const registries = { client: () => Promise.reject(new Error('no request is made')) };
    const known = (reference: string) => ownBase(reference, registries, createRunMemory())?.reference;
    const refused = ['layuot:build/image', 'layout-:x', 'archiv:image.tar', 'regsitry:shop', 'apt:trixie'];
    expect(refused.map(known)).toEqual(refused.map(() => undefined));
    const references = [
      'app:1.0',
      'python:3.13-slim',
      'registr:5000/shop',
      'localhost:5000/a:1',
      'lay/outs:1',
    ];
    expect(references.map(known)).toEqual(references);
    expect(known('registry:layuot:x')).toBe('layuot:x');
  });
});
