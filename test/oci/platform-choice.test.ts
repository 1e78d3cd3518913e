import { describe, expect, it } from 'vitest';
import type { Descriptor, Index } from '../../core/oci/image.ts';
import { OCI_INDEX, OCI_MANIFEST } from '../../core/oci/media-types.ts';
import { parsePlatform } from '../../core/oci/platform.ts';
import { choosePlatform, choosePlatforms, platformsOf } from '../../core/oci/platform-choice.ts';
import { digestOf } from '../../core/primitives/digest.ts';

function entry(name: string, more: Partial<Descriptor> = {}): Descriptor {
  return { mediaType: OCI_MANIFEST, digest: digestOf(name), size: 1, ...more };
}

function indexOf(...manifests: Descriptor[]): Index {
  return { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
}

function offering(...platforms: string[]): Index {
  return indexOf(...platforms.map((text) => entry(text, { platform: parsePlatform(`linux/${text}`) })));
}

describe('the image of an index for a platform', () => {
  it('is that of the same variant, else of the newest older one', () => {
    const cases: [wanted: string, offered: string[], chosen: string | undefined][] = [
      ['arm64', ['amd64', 'arm64/v8'], 'arm64/v8'],
      ['arm64', ['amd64', 'arm64'], 'arm64'],
      ['arm64/v9', ['arm64', 'amd64'], 'arm64'],
      ['arm64/v8.2', ['arm64/v8.1', 'arm64'], 'arm64/v8.1'],
      ['arm64', ['arm64/v9'], undefined],
      ['arm64', ['arm/v7'], undefined],
      ['arm/v7', ['arm/v5', 'arm/v6'], 'arm/v6'],
      ['arm/v6', ['arm/v7', 'arm/v5'], 'arm/v5'],
      ['arm/v6', ['arm/v7'], undefined],
      ['arm', ['arm/v6', 'arm/v7'], 'arm/v7'],
      ['amd64/v3', ['amd64', 'amd64/v2', 'amd64/v4'], 'amd64/v2'],
      ['amd64/v3', ['amd64'], 'amd64'],
      ['amd64', ['amd64/v2'], undefined],
      ['riscv64', ['riscv64'], 'riscv64'],
      ['s390x', ['amd64'], undefined],
    ];
    const wrong = cases.filter(
      ([wanted, offered, chosen]) =>
        choosePlatform(offering(...offered), parsePlatform(`linux/${wanted}`))?.digest !==
        (chosen === undefined ? undefined : digestOf(chosen)),
    );
    expect(wrong).toEqual([]);
  });

  it('is none of what lies beside images', () => {
    const platform = { os: 'linux', architecture: 'amd64' };
    const index = indexOf(
      entry('artifact', { platform, artifactType: 'application/vnd.example' }),
      entry('attestation', {
        platform,
        annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
      }),
      entry('unknown', { platform: { os: 'unknown', architecture: 'unknown' } }),
      entry('foreign', { platform, mediaType: 'application/vnd.example+json' }),
      entry('image', { platform: { ...platform, 'os.version': '12.1' } }),
    );
    expect(choosePlatform(index, platform)?.digest).toBe(digestOf('image'));
    expect(platformsOf(index)).toEqual(['linux/amd64']);
  });

  it('may lie in any of the nested indexes that state no platform', () => {
    const platform = { os: 'linux', architecture: 'amd64' };
    const nested = [entry('one', { mediaType: OCI_INDEX }), entry('two', { mediaType: OCI_INDEX })];
    const other = entry('other', { platform: { os: 'linux', architecture: 'arm64' } });
    expect(choosePlatforms(indexOf(other, ...nested), platform)).toEqual(nested);
    expect(choosePlatforms(indexOf(other, entry('silent')), platform)).toEqual([]);
    expect(choosePlatforms(indexOf(entry('silent')), platform)).toHaveLength(1);
  });
});
