import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseImageSpec } from '../../core/oci/image-spec.ts';
import { codeOf } from '../codes.ts';
import { temporaryFolder } from './temporary.ts';

describe('where an image is', () => {
  it('is read as it is written for bases, outputs and other tools', async () => {
    const cwd = await temporaryFolder();
    await mkdir(join(cwd, 'odd:name'));
    await mkdir(join(cwd, 'there'));
    const brief = (text: string): unknown => {
      const { kind, ...rest } = parseImageSpec(text, cwd);
      return 'reference' in rest ? [kind, rest.reference.repository, rest.reference.tag] : { kind, ...rest };
    };
    expect([
      brief('shop:1.0'),
      brief('registry:layout:1.0'),
      brief('localhost:5000/shop'),
      brief('app:1'),
      brief('layout:build/image'),
      brief('oci:build/image:1.0'),
      brief('layout:/abs:v1'),
      brief('layout:odd:name'),
      brief('layout:odd:name:2'),
      brief('oci:there:docker.io/library/shop:1'),
      brief('archive:shop.tar'),
      brief('oci-archive:shop.tar:1'),
    ]).toEqual([
      ['registry', 'library/shop', '1.0'],
      ['registry', 'library/layout', '1.0'],
      ['registry', 'shop', undefined],
      ['registry', 'library/app', '1'],
      { kind: 'layout', directory: join(cwd, 'build/image') },
      { kind: 'layout', directory: join(cwd, 'build/image'), tag: '1.0' },
      { kind: 'layout', directory: '/abs', tag: 'v1' },
      { kind: 'layout', directory: join(cwd, 'odd:name') },
      { kind: 'layout', directory: join(cwd, 'odd:name'), tag: '2' },
      { kind: 'layout', directory: join(cwd, 'there'), tag: 'docker.io/library/shop:1' },
      { kind: 'archive', file: join(cwd, 'shop.tar') },
      { kind: 'archive', file: join(cwd, 'shop.tar'), tag: '1' },
    ]);
    expect(parseImageSpec('docker-archive:a.tar:ghcr.io/me/shop:1', cwd)).toMatchObject({
      file: join(cwd, 'a.tar'),
      name: { host: 'ghcr.io', repository: 'me/shop', tag: '1' },
    });
  });

  it('is refused where it is nearly a scheme, names nothing, or is no reference', async () => {
    const codes = [];
    for (const text of [
      'layuot:x',
      'archve:x.tar',
      'layout:',
      'registry:',
      '',
      'A',
      'docker-archive:a.tar:B C',
    ]) {
      codes.push(await codeOf(() => parseImageSpec(text, '/')));
    }
    expect(codes).toEqual([
      'PYC_IMAGE_SPEC_INVALID',
      'PYC_IMAGE_SPEC_INVALID',
      'PYC_IMAGE_SPEC_INVALID',
      'PYC_IMAGE_SPEC_INVALID',
      'PYC_REFERENCE_INVALID',
      'PYC_REFERENCE_INVALID',
      'PYC_REFERENCE_INVALID',
    ]);
  });
});
