/** A finished image of a few parts, for the tests of what is said about images. */

import type { BuiltLayer, Distribution, FinishedImage } from '../../../core/pipeline/values.ts';
import { digestOf, parseDigest } from '../../../core/primitives/digest.ts';
import type { ComponentFacts, Part, PartRole } from '../../../core/primitives/file-tree.ts';
import { parseTreePath } from '../../../core/primitives/path.ts';
import { makeFileTree } from '../../../core/primitives/tree.ts';

export const SITE = 'opt/venv/lib/python3.12/site-packages';

export function partOf(
  name: string,
  role: PartRole,
  components: readonly ComponentFacts[],
  files: readonly string[] = [],
): Part {
  const entries = files.map((path) => ({
    path: parseTreePath(path),
    type: 'file' as const,
    mode: 0o644,
    size: 1,
    sha256: digestOf(path),
  }));
  return {
    name,
    role,
    key: digestOf(JSON.stringify([name, role, components])),
    size: 1,
    record: async () => ({ entries, components }),
    async *entries() {},
  };
}

/** A part of one wheel. */
export function wheelPart(facts: Omit<ComponentFacts, 'kind'>): Part {
  const digest = digestOf(`${facts.name}-${facts.version}`);
  return partOf(
    facts.name,
    'dependency',
    [{ kind: 'python', digest, ...facts }],
    [`${SITE}/${facts.name.replaceAll('-', '_')}-${facts.version}.dist-info/METADATA`],
  );
}

export function layerOf(
  name: string,
  role: BuiltLayer['role'],
  distributions: readonly string[] = [],
): BuiltLayer {
  return {
    descriptor: {
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      digest: digestOf(`layer ${name}`),
      size: 1,
    },
    diffId: digestOf(`diff ${name}`),
    name,
    role,
    origin: 'built',
    distributions,
    open: async () => {
      throw new Error('no layer is read here');
    },
  };
}

export interface ImageRecipe {
  readonly parts: readonly Part[];
  readonly layers: readonly BuiltLayer[];
  readonly distributions?: readonly Pick<Distribution, 'name' | 'version' | 'requestedBy'>[];
  readonly base?: string;
  readonly project?: Partial<FinishedImage['resolution']['project']>;
}

export function finishedImage({ parts, layers, distributions, base, project }: ImageRecipe): FinishedImage {
  const platform = { os: 'linux', architecture: 'arm64' };
  const descriptor = {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: digestOf('manifest'),
    size: 1,
  };
  const document = {
    os: 'linux',
    architecture: 'arm64',
    rootfs: { type: 'layers' as const, diff_ids: layers.map(({ diffId }) => diffId) },
  };
  return {
    platform,
    tree: makeFileTree(parts),
    layers,
    manifest: { descriptor, bytes: new Uint8Array() },
    config: { descriptor, bytes: new Uint8Array(), document },
    resolution: {
      platform,
      project: {
        directory: '/somewhere',
        name: 'shop',
        version: '1.0',
        isPackage: false,
        license: 'Apache-2.0',
        ...project,
      },
      lock: undefined,
      base: {
        source: {
          reference: base ?? 'python:3.12-slim',
          open: async () => {
            throw new Error('no base is opened here');
          },
        },
        image: {
          platform,
          config: document,
          layers: layers.filter(({ role }) => role === 'base'),
          manifest: {
            descriptor: { ...descriptor, digest: parseDigest(`sha256:${'b'.repeat(64)}`) },
            bytes: new Uint8Array(),
          },
        },
      },
      python: {
        target: {
          implementation: 'cpython',
          version: '3.12.7',
          abi: 'cp312',
          os: 'linux',
          architecture: 'aarch64',
          libc: { family: 'glibc', version: '2.41' },
        },
        interpreter: '/usr/local/bin/python3.12',
      },
      distributions: (distributions ?? []).map((one) => ({ source: 'wheel', ...one })),
    },
  };
}
