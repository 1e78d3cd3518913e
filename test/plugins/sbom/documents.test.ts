import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Attachment } from '../../../core/oci/image.ts';
import { createHooks } from '../../../core/pipeline/hooks.ts';
import type { PluginApi } from '../../../core/pipeline/plugin.ts';
import type { FinishedImage, FinishedIndex } from '../../../core/pipeline/values.ts';
import { digestOf, digestOfJson } from '../../../core/primitives/digest.ts';
import { FIXED_MTIME, type Part } from '../../../core/primitives/file-tree.ts';
import { parseTreePath } from '../../../core/primitives/path.ts';
import { createDiskStore } from '../../../core/store/disk-store.ts';
import sbom, { type SbomOptions } from '../../../plugins/sbom/index.ts';
import { finishedImage, type ImageRecipe, layerOf, partOf, SITE, wheelPart } from './finished-image.ts';

const opened: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of opened) await close();
});

function graphOf(options: SbomOptions = {}, config: object = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'pyc-sbom-'));
  const store = createDiskStore({ directory, limit: 1e9 });
  opened.push(async () => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const api = {
    config: { directory, ...config },
    store,
    log: { warn: () => undefined },
    signal: new AbortController().signal,
    sourceDateEpoch: 0,
    imageKey: (image: FinishedImage['resolution']['base']['image']) =>
      digestOfJson(image.config.rootfs.diff_ids),
    announceBaseFiles: () => undefined,
    baseFiles: async () => new Map(),
  } as unknown as PluginApi;
  const hooks = createHooks();
  sbom(options).apply(hooks, api);
  return { api, hooks, directory };
}

async function attached(image: FinishedImage, options?: SbomOptions, index?: FinishedIndex) {
  const { api, hooks } = graphOf(options);
  const { attachments } = await hooks.sbom.promise(
    { platform: image.platform, image, attachments: [], ...(index === undefined ? {} : { index }) },
    { signal: api.signal, config: api.config },
  );
  return attachments as unknown as [Attachment, ...Attachment[]];
}

type Any = Record<string, unknown> & { components: Component[]; packages: Package[] };
interface Component {
  readonly name: string;
  readonly version?: string;
  readonly purl?: string;
  readonly type: string;
  readonly licenses?: unknown;
  readonly components?: readonly Component[];
}
interface Package {
  readonly SPDXID: string;
  readonly name: string;
  readonly licenseDeclared: string;
  readonly primaryPackagePurpose: string;
}
const parsed = (bytes: Uint8Array): Any => JSON.parse(Buffer.from(bytes).toString('utf8')) as Any;
const problemsOf = (bytes: Uint8Array, version: '1.6' | '1.7'): Promise<unknown> =>
  new Validation.JsonStrictValidator(version === '1.6' ? Spec.Version.v1dot6 : Spec.Version.v1dot7).validate(
    Buffer.from(bytes).toString('utf8'),
  );

/** A part of a wheel with files whose bytes are there. */
function wheelWith(name: string, files: Readonly<Record<string, string>>): Part {
  const items = Object.entries(files).map(([path, text]) => ({
    path: parseTreePath(`${SITE}/${path}`),
    text,
  }));
  const part = partOf(
    name,
    'dependency',
    [{ kind: 'python', name, version: '1.0', digest: digestOf(name) }],
    items.map(({ path }) => path),
  );
  return {
    ...part,
    async *entries() {
      for (const { path, text } of items) {
        const bytes = Buffer.from(text);
        const content = { size: bytes.length, sha256: digestOf(bytes), bytes, open: () => assertUnopened() };
        yield [path, { type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: FIXED_MTIME, content }] as const;
      }
    },
  };
}
function assertUnopened(): never {
  throw new Error('the bytes are at hand');
}

const OWN_DOCUMENT = JSON.stringify({
  bomFormat: 'CycloneDX',
  components: [
    {
      name: 'libxml2',
      version: '2.9.1',
      purl: 'pkg:rpm/centos/libxml2@2.9.1',
      licenses: [{ license: { id: 'MIT' } }],
    },
    { name: 'evil\u0000\u202ename', purl: 'javascript:alert(1)', components: [{ name: 'inner' }] },
    { version: 'no name' },
    7,
  ],
});

const RECIPE: ImageRecipe = {
  parts: [
    partOf('environment', 'environment', [], ['opt/venv/pyvenv.cfg']),
    wheelWith('numpy', {
      'numpy-1.0.dist-info/METADATA': '',
      'numpy.libs/libgfortran-040039e1.so.5.0.0': '',
      'numpy.libs/libopenblas64_p-r0-0cf96a72.3.23.dev.so': '',
      'numpy/.dylibs/libz.1.2.13.dylib': '',
      'numpy-1.0.dist-info/sboms/auditwheel.cdx.json': OWN_DOCUMENT,
      'numpy-1.0.dist-info/sboms/broken.json': '{"bomFormat":',
    }),
    wheelPart({ name: 'free', version: '1', license: 'Do what you like\u0007\nbut not that' }),
    wheelPart({ name: 'long', version: '2', license: 'x'.repeat(2000), summary: '\ud800lone \u0000' }),
    wheelPart({ name: 'twice', version: '3', license: 'MIT License, Apache Software License' }),
    wheelPart({ name: 'both', version: '4', license: 'mit or (apache-2.0 and LicenseRef-Ours)' }),
    wheelPart({
      name: 'asks',
      version: '5',
      requires: ['twice', 'free', 'long'],
      requirements: [
        "twice; python_version < '3'",
        'free',
        "long; extra == 'more'",
        'no requirement at all [',
      ],
    }),
    partOf('project', 'project', [], ['app/main.py', 'app/données.txt']),
  ],
  layers: [
    layerOf('base', 'base'),
    layerOf('environment', 'environment'),
    layerOf('dependencies', 'dependency', ['numpy', 'free', 'long', 'twice', 'both', 'asks']),
    layerOf('project', 'project'),
  ],
};

describe('documents of both kinds', () => {
  it('are valid CycloneDX 1.6 and 1.7, and name licences that nobody knows', async () => {
    const [first, second] = await attached(finishedImage(RECIPE), {
      formats: ['cyclonedx', 'cyclonedx-1.7'],
    });
    expect(await problemsOf(first.bytes, '1.6')).toBeNull();
    expect(await problemsOf(second!.bytes, '1.7')).toBeNull();
    const { components } = parsed(first.bytes);
    const licenses = new Map(components.map(({ name, licenses }) => [name, licenses]));
    const acknowledgement = 'declared';
    expect(licenses.get('free')).toEqual([{ license: { name: 'Do what you like', acknowledgement } }]);
    expect(licenses.get('both')).toEqual([
      { expression: 'MIT OR (Apache-2.0 AND LicenseRef-Ours)', acknowledgement },
    ]);
    expect(JSON.stringify(licenses.get('long'))).toHaveLength(
      JSON.stringify(licenses.get('free')).length + 184,
    );
  });

  it('list what wheels bundle and what their own documents say', async () => {
    const [{ bytes }] = await attached(finishedImage(RECIPE));
    const { components, dependencies } = parsed(bytes) as Any & {
      dependencies: { ref: string; dependsOn?: string[] }[];
    };
    const shown = components.map(({ name, version, purl }) => `${name} ${version ?? ''} ${purl ?? ''}`);
    expect(shown).toEqual(
      expect.arrayContaining([
        'libgfortran 5.0.0 pkg:generic/libgfortran@5.0.0',
        'libopenblas64_p-r0 3.23.dev pkg:generic/libopenblas64_p-r0@3.23.dev',
        'libz 1.2.13 pkg:generic/libz@1.2.13',
        'libxml2 2.9.1 pkg:rpm/centos/libxml2@2.9.1',
        'evil name  pkg:generic/evil%20name',
        'inner  pkg:generic/inner',
      ]),
    );
    const needs = dependencies.find(({ ref }) => ref === 'pkg:pypi/numpy@1.0')?.dependsOn;
    expect(needs).toHaveLength(6);
    expect(needs).toContain('pkg:rpm/centos/libxml2@2.9.1');
  });

  it('draw the requirements that hold for the target', async () => {
    const [{ bytes }] = await attached(finishedImage(RECIPE));
    const { dependencies } = parsed(bytes) as unknown as {
      dependencies: { ref: string; dependsOn?: string[] }[];
    };
    expect(dependencies.find(({ ref }) => ref === 'pkg:pypi/asks@5')?.dependsOn).toEqual(['pkg:pypi/free@1']);
  });

  it('list the files of the application within it, and those of no component by themselves', async () => {
    const [{ bytes }] = await attached(finishedImage(RECIPE));
    const { components } = parsed(bytes);
    const application = components.find(({ type }) => type === 'application');
    expect(application?.components?.map(({ name }) => name)).toEqual(['/app/données.txt', '/app/main.py']);
    expect(components.filter(({ type }) => type === 'file').map(({ name }) => name)).toEqual([
      '/opt/venv/pyvenv.cfg',
    ]);
  });

  it('are SPDX 2.3 with an own licence for each name', async () => {
    const [{ bytes, mediaType }] = await attached(finishedImage(RECIPE), { formats: ['spdx'] });
    expect(mediaType).toBe('application/spdx+json');
    const document = parsed(bytes) as Any & {
      hasExtractedLicensingInfos: { licenseId: string }[];
      relationships: { spdxElementId: string; relatedSpdxElement: string; relationshipType: string }[];
    };
    expect(document).toMatchObject({ spdxVersion: 'SPDX-2.3', SPDXID: 'SPDXRef-DOCUMENT' });
    const known = new Set(['SPDXRef-DOCUMENT', ...document.packages.map(({ SPDXID }) => SPDXID)]);
    expect(known.size).toBe(document.packages.length + 1);
    expect([...known].filter((id) => !/^SPDXRef-[A-Za-z0-9.-]+$/.test(id))).toEqual([]);
    const strays = document.relationships.filter(
      ({ spdxElementId, relatedSpdxElement }) => !known.has(spdxElementId) || !known.has(relatedSpdxElement),
    );
    expect(strays).toEqual([]);
    const declared = Object.fromEntries(document.packages.map((one) => [one.name, one.licenseDeclared]));
    const own = document.hasExtractedLicensingInfos.map(({ licenseId }) => licenseId);
    expect(declared).toMatchObject({
      both: 'MIT OR (Apache-2.0 AND LicenseRef-Ours)',
      asks: 'NOASSERTION',
      free: expect.stringMatching(/^LicenseRef-Do-what-you-like-[0-9a-f]{8}$/),
    });
    expect(own).toContain(declared.free);
    expect(own).toContain('LicenseRef-Ours');
  });

  it('hold whatever METADATA says', async () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constant('(MIT'),
      fc.constant('MIT OR'),
    );
    const parts = fc
      .sample(fc.tuple(text, text, text), { numRuns: 200, seed: 7 })
      .map(([license, summary, author], index) =>
        wheelPart({ name: `any${index}`, version: '1', license, summary, author, homepage: summary }),
      );
    const image = finishedImage({ ...RECIPE, parts });
    const [cyclonedx, spdx] = await attached(image, { formats: ['cyclonedx', 'spdx'] });
    expect(await problemsOf(cyclonedx.bytes, '1.6')).toBeNull();
    const { packages } = parsed(spdx!.bytes);
    expect(packages.filter(({ licenseDeclared: word }) => !/^[A-Za-z0-9.+() -]+$/.test(word))).toEqual([]);
  });
});

describe('the document of an index', () => {
  it('holds those of its images, each with its platform', async () => {
    const image = finishedImage(RECIPE);
    const descriptor = {
      mediaType: 'application/vnd.oci.image.index.v1+json',
      digest: digestOf('index'),
      size: 1,
    };
    const index = { descriptor, bytes: new Uint8Array(), images: [image] };
    const [{ bytes, subject }] = await attached(image, {}, index);
    expect(subject).toBe('index');
    expect(await problemsOf(bytes, '1.6')).toBeNull();
    const document = parsed(bytes) as Any & { metadata: { component: Component } };
    expect(document.metadata.component.purl).toBe(`pkg:oci/shop@${digestOf('index')}`);
    expect(document.components.filter(({ type }) => type === 'container').map(({ purl }) => purl)).toContain(
      `pkg:oci/shop@${digestOf('manifest')}?arch=arm64`,
    );
    expect(JSON.stringify(document.components)).toContain('"linux/arm64"');
  });
});

describe('the destination', () => {
  it('writes one document, in SPDX where its name says so, though none is attached', async () => {
    const { api, hooks, directory } = graphOf({}, { sbom: false });
    const image = finishedImage(RECIPE);
    const context = { signal: api.signal, config: api.config };
    expect(
      (await hooks.sbom.promise({ platform: image.platform, image, attachments: [] }, context)).attachments,
    ).toEqual([]);
    const heads: unknown[] = [];
    for (const location of ['out/sbom.json', 'out/sbom.spdx.json']) {
      const found = await hooks.destination.promise(
        { spec: `sbom:${location}`, scheme: 'sbom', location },
        context,
      );
      const build = { name: 'shop', tags: [], images: [image], referrers: [] };
      const receipt = await found!.publish(build, { signal: api.signal, open: assertUnopened });
      const text = readFileSync(join(directory, location), 'utf8');
      expect(receipt.digest).toBe(digestOf(text));
      const { bomFormat, spdxVersion } = JSON.parse(text) as Record<string, unknown>;
      heads.push(bomFormat ?? spdxVersion);
    }
    expect(heads).toEqual(['CycloneDX', 'SPDX-2.3']);
    const blocked = await hooks.destination.promise(
      { spec: 'sbom:x', scheme: 'sbom', location: 'out/sbom.json/below' },
      context,
    );
    const build = { name: 'shop', tags: [], images: [image], referrers: [] };
    await expect(blocked!.publish(build, { signal: api.signal, open: assertUnopened })).rejects.toMatchObject(
      {
        code: 'PYC_SBOM_FILE_WRITE',
      },
    );
  });

  it('refuses options that are none', async () => {
    const wrong = [{ formats: [] }, { formats: ['xml'] }, { base: 'all' }, { other: 1 }, 7];
    const schema = (await import('../../../plugins/sbom/index.ts')).sbomOptions['~standard'];
    expect(wrong.filter((one) => !('issues' in (schema.validate(one) as object)))).toEqual([]);
  });
});
