import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHooks } from '../../../core/pipeline/hooks.ts';
import type { PluginApi } from '../../../core/pipeline/plugin.ts';
import type { FinishedImage } from '../../../core/pipeline/values.ts';
import { digestOf, digestOfJson } from '../../../core/primitives/digest.ts';
import { createDiskStore } from '../../../core/store/disk-store.ts';
import sbom from '../../../plugins/sbom/index.ts';
import { finishedImage, type ImageRecipe, layerOf, partOf, SITE, wheelPart } from './finished-image.ts';

interface Document {
  readonly serialNumber: string;
  readonly metadata: {
    readonly timestamp: string;
    readonly lifecycles: unknown;
    readonly component: Component;
    readonly tools: { readonly components: readonly Component[] };
  };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}
interface Component {
  readonly 'bom-ref': string;
  readonly type: string;
  readonly name: string;
  readonly version?: string;
  readonly purl?: string;
  readonly licenses?: readonly unknown[];
  readonly hashes?: readonly unknown[];
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
  readonly evidence?: unknown;
  readonly externalReferences?: readonly { readonly url: string }[];
}

const STATUS =
  'Package: libc6\nVersion: 2.41\nArchitecture: arm64\nDepends: libgcc-s1\n\nPackage: libgcc-s1\nVersion: 14\nArchitecture: arm64\n';
const BASE = new Map([
  ['etc/os-release', Buffer.from('ID=debian\nVERSION_ID=13\n')],
  ['var/lib/dpkg/status', Buffer.from(STATUS)],
  [
    'usr/local/lib/python3.12/site-packages/six-1.16.dist-info/METADATA',
    Buffer.from('Name: six\nVersion: 1.16\n'),
  ],
]);

const RECIPE: ImageRecipe = {
  parts: [
    partOf('environment', 'environment', []),
    wheelPart({
      name: 'typing-extensions',
      version: '4.15.0',
      license: 'PSF-2.0',
      homepage: 'https://user:secret@example.org/te?token=secret#x',
      url: 'file:///home/me/wheels/te.whl',
    }),
    wheelPart({
      name: 'fastapi',
      version: '0.121.0',
      license: 'MIT',
      requires: ['typing-extensions', 'absent'],
    }),
    wheelPart({ name: 'six', version: '1.16', license: 'MIT OR Apache-2.0' }),
    wheelPart({ name: 'odd', version: '1!2+local', license: 'see the file\nLICENSE', summary: 'über' }),
    partOf('project', 'project', [], ['app/main.py']),
  ],
  layers: [
    layerOf('base', 'base'),
    layerOf('environment', 'environment'),
    layerOf('dependencies', 'dependency', ['fastapi', 'six', 'odd', 'typing-extensions']),
    layerOf('project', 'project'),
  ],
  distributions: [
    { name: 'fastapi', version: '0.121.0', requestedBy: ['shop'] },
    { name: 'six', version: '1.16', requestedBy: ['shop'] },
    { name: 'odd', version: '1!2+local', requestedBy: ['shop'] },
    { name: 'typing-extensions', version: '4.15.0', requestedBy: ['fastapi'] },
  ],
};

const opened: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of opened) await close();
});

interface Run {
  readonly api: PluginApi;
  reads: number;
  attach(image: FinishedImage): Promise<{ bytes: Uint8Array; subject: string; document: Document }>;
}

function run(options: { readonly epoch?: number; readonly sbom?: boolean | 'with-base' } = {}): Run {
  const directory = mkdtempSync(join(tmpdir(), 'pyc-sbom-'));
  const store = createDiskStore({ directory, limit: 1e9 });
  opened.push(async () => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const made: Run = {
    reads: 0,
    api: {
      config: { sbom: options.sbom ?? true },
      store,
      signal: new AbortController().signal,
      sourceDateEpoch: options.epoch ?? 0,
      imageKey: (image: FinishedImage['resolution']['base']['image']) =>
        digestOfJson(image.config.rootfs.diff_ids),
      announceBaseFiles: () => undefined,
      baseFiles: async () => {
        made.reads += 1;
        return BASE;
      },
    } as unknown as PluginApi,
    async attach(image) {
      const hooks = createHooks();
      sbom().apply(hooks, made.api);
      const input = { platform: image.platform, image, attachments: [] };
      const { attachments } = await hooks.sbom.promise(input, {
        signal: made.api.signal,
        config: made.api.config,
      });
      const [first] = attachments;
      if (first === undefined) throw new Error('nothing was attached');
      const { bytes, subject } = first;
      return { bytes, subject, document: JSON.parse(Buffer.from(bytes).toString('utf8')) as Document };
    },
  };
  return made;
}

const problemsOf = (bytes: Uint8Array): Promise<unknown> =>
  new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(Buffer.from(bytes).toString('utf8'));

describe('the document', () => {
  let document: Document;
  let bytes: Uint8Array;
  beforeAll(async () => {
    ({ document, bytes } = await run().attach(finishedImage(RECIPE)));
  });
  const named = (name: string, index = 0): Component =>
    document.components.filter((one) => one.name === name)[index]!;

  it('is valid CycloneDX 1.6 by the strict schema', async () => {
    expect(await problemsOf(bytes)).toBeNull();
    expect(document).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 });
  });

  it('names the image, the tool and the phase', () => {
    const { component, lifecycles, tools, timestamp } = document.metadata;
    expect(component).toMatchObject({ type: 'container', name: 'shop', version: '1.0' });
    expect(component.purl).toBe(`pkg:oci/shop@${digestOf('manifest')}?arch=arm64`);
    expect(lifecycles).toEqual([{ phase: 'build' }]);
    expect(tools.components[0]?.name).toBe('pycontainer');
    expect(timestamp).toBe('1970-01-01T00:00:00.000Z');
    expect(document.serialNumber).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it('lists distributions, packages, the application, the base, its system and its Python', () => {
    expect(document.components.map(({ type, purl, name }) => `${type} ${purl ?? name}`).sort()).toEqual([
      'application pkg:generic/shop@1.0',
      'container pkg:oci/python@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb?repository_url=python',
      'library pkg:deb/debian/libc6@2.41?arch=arm64&distro=debian-13',
      'library pkg:deb/debian/libgcc-s1@14?arch=arm64&distro=debian-13',
      'library pkg:pypi/fastapi@0.121.0',
      'library pkg:pypi/odd@1%212%2Blocal',
      'library pkg:pypi/six@1.16',
      'library pkg:pypi/six@1.16',
      'library pkg:pypi/typing-extensions@4.15.0',
      'operating-system debian',
      'platform pkg:generic/python@3.12.7',
    ]);
  });

  it('says where each lies, in which layer, and what it was made of', () => {
    const fastapi = named('fastapi');
    expect(fastapi.evidence).toEqual({
      occurrences: [{ location: `/${SITE}/fastapi-0.121.0.dist-info/METADATA` }],
    });
    expect(fastapi.hashes).toEqual([{ alg: 'SHA-256', content: digestOf('fastapi-0.121.0').slice(7) }]);
    expect(fastapi.properties).toEqual([
      { name: 'pycontainer:layer:diffId', value: digestOf('diff dependencies') },
      { name: 'pycontainer:layer:digest', value: digestOf('layer dependencies') },
      { name: 'pycontainer:origin', value: 'dependency' },
    ]);
    expect(named('libc6').evidence).toEqual({ occurrences: [{ location: '/var/lib/dpkg/status' }] });
  });

  it('tells licence identifiers, expressions and names apart', () => {
    const acknowledgement = 'declared';
    expect(named('fastapi').licenses).toEqual([{ license: { id: 'MIT', acknowledgement } }]);
    const six = document.components.filter(({ name, licenses }) => name === 'six' && licenses !== undefined);
    expect(six[0]?.licenses).toEqual([{ expression: 'MIT OR Apache-2.0', acknowledgement }]);
    expect(named('odd').licenses).toEqual([{ license: { name: 'see the file', acknowledgement } }]);
  });

  it('keeps credentials and paths of the host out', () => {
    expect(named('typing-extensions').externalReferences?.map(({ url }) => url)).toEqual([
      'https://example.org/te',
    ]);
    expect(Buffer.from(bytes).toString('utf8')).not.toMatch(/secret|\/home\/|somewhere/);
  });

  it('keeps the folder of a local base out', async () => {
    const image = finishedImage({ ...RECIPE, base: 'layout:/home/me/bases/python' });
    const local = await run().attach(image);
    const base = local.document.components.find(({ type }) => type === 'container');
    expect([base?.name, base?.purl]).toEqual(['python', `pkg:oci/python@sha256:${'b'.repeat(64)}`]);
    expect(Buffer.from(local.bytes).toString('utf8')).not.toContain('/home/');
  });

  it('draws the graph of the lock, kinds of packages apart', () => {
    const graph = Object.fromEntries(
      document.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn ?? []]),
    );
    expect(graph['pkg:pypi/fastapi@0.121.0']).toEqual(['pkg:pypi/typing-extensions@4.15.0']);
    expect(graph['pkg:generic/shop@1.0']).toEqual([
      'pkg:pypi/fastapi@0.121.0',
      'pkg:pypi/odd@1%212%2Blocal',
      'pkg:pypi/six@1.16',
    ]);
    expect(graph['pkg:deb/debian/libc6@2.41?arch=arm64&distro=debian-13']).toEqual([
      'pkg:deb/debian/libgcc-s1@14?arch=arm64&distro=debian-13',
    ]);
    const roots = graph[document.metadata.component['bom-ref']]!;
    expect(roots).toContain('pkg:generic/shop@1.0');
    expect(roots).not.toContain('pkg:pypi/fastapi@0.121.0');
  });
});

describe('the attachment', () => {
  it('is the same for the same inputs and follows the epoch', async () => {
    const [first, second, later] = await Promise.all([
      run().attach(finishedImage(RECIPE)),
      run().attach(finishedImage({ ...RECIPE, project: { directory: '/elsewhere' } })),
      run({ epoch: 1_700_000_000 }).attach(finishedImage(RECIPE)),
    ]);
    expect(Buffer.compare(Buffer.from(first.bytes), Buffer.from(second.bytes))).toBe(0);
    expect(later.document.serialNumber).not.toBe(first.document.serialNumber);
    expect(later.document.metadata.timestamp).toBe('2023-11-14T22:13:20.000Z');
    expect(first.subject).toBe('linux/arm64');
  });

  it('is made once, and what the base holds is read once', async () => {
    const one = run();
    const first = await one.attach(finishedImage(RECIPE));
    expect(await one.attach(finishedImage(RECIPE))).toEqual(first);
    await one.attach(finishedImage({ ...RECIPE, project: { version: '1.1' } }));
    expect(one.reads).toBe(1);
  });

  it('takes METADATA for the graph where the lock has none', async () => {
    const flat = RECIPE.distributions!.map((one) => ({ ...one, requestedBy: ['shop'] }));
    const { document } = await run().attach(finishedImage({ ...RECIPE, distributions: flat }));
    const fastapi = document.dependencies.find(({ ref }) => ref === 'pkg:pypi/fastapi@0.121.0');
    expect(fastapi?.dependsOn).toEqual(['pkg:pypi/typing-extensions@4.15.0']);
  });

  it('counts a project that is a distribution as the application', async () => {
    const own = partOf(
      'shop',
      'project',
      [{ kind: 'python', name: 'shop', version: '1.0', requires: ['fastapi'] }],
      [`${SITE}/shop-1.0.dist-info/METADATA`],
    );
    const image = finishedImage({
      ...RECIPE,
      parts: [...RECIPE.parts.slice(0, -1), own],
      project: { isPackage: true },
    });
    const { document, bytes } = await run().attach(image);
    expect(document.components.filter(({ name }) => name === 'shop')).toMatchObject([
      { type: 'application', purl: 'pkg:pypi/shop@1.0' },
    ]);
    expect(await problemsOf(bytes)).toBeNull();
  });

  it('is left out where the configuration says so', async () => {
    await expect(run({ sbom: false }).attach(finishedImage(RECIPE))).rejects.toThrow('nothing was attached');
  });
});

describe('a base in a registry', () => {
  const base = { ...layerOf('base', 'base'), registry: { host: 'localhost:5000', repository: 'python' } };
  const image = finishedImage({ ...RECIPE, layers: [base, ...RECIPE.layers.slice(1)] });
  const isOfDebian = ({ purl = '' }: Component): boolean => purl.startsWith('pkg:deb/');

  it('is named by its digest and not read, unless what is in it is asked for', async () => {
    const shallow = run();
    const { document } = await shallow.attach(image);
    expect(shallow.reads).toBe(0);
    expect(document.components.filter(isOfDebian)).toEqual([]);
    expect(document.components.filter(({ type }) => type === 'container')).toHaveLength(1);
    const whole = run({ sbom: 'with-base' });
    const attached = await whole.attach(image);
    expect(whole.reads).toBe(1);
    expect(attached.document.components.filter(isOfDebian)).toHaveLength(2);
    expect(attached.document.serialNumber).not.toBe(document.serialNumber);
    expect(await problemsOf(attached.bytes)).toBeNull();
  });
});
