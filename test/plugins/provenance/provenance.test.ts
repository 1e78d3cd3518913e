import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Descriptor as Listed } from '../../../core/oci/image.ts';
import { readDocument, readIndex } from '../../../core/oci/layout/folder.ts';
import { assertValidLayout } from '../../../core/oci/validate/validate-layout.ts';
import type { Config } from '../../../core/pipeline/settings.ts';
import { buildInMemory, type InMemoryBuild } from '../../../core/testing/build-in-memory.ts';
import { startFakeRegistry } from '../../../core/testing/fake-registry.ts';
import { temporaryFolder } from '../../oci/temporary.ts';

const TYPE = 'application/vnd.in-toto+json';
const SLSA = 'https://slsa.dev/provenance/v1';
const project = {
  wheels: [
    { name: 'six', version: '1.17.0' },
    { name: 'Flask-Lite', version: '2.0' },
  ],
};

interface Descriptor {
  readonly name?: string;
  readonly uri?: string;
  readonly digest?: Record<string, string>;
  readonly annotations: Record<string, unknown>;
}
interface Statement {
  readonly _type: string;
  readonly predicateType: string;
  readonly subject: readonly { readonly digest: { readonly sha256: string } }[];
  readonly predicate: {
    readonly buildDefinition: {
      readonly buildType: string;
      readonly externalParameters: { readonly configuration: Record<string, unknown> } & Record<
        string,
        unknown
      >;
      readonly internalParameters: Record<string, unknown>;
      readonly resolvedDependencies: readonly Descriptor[];
    };
    readonly runDetails: { readonly builder: { readonly id: string }; readonly metadata?: object };
  };
}

const statements = ({ attachments }: InMemoryBuild): Statement[] =>
  attachments.filter(({ type }) => type === TYPE).map((one) => JSON.parse(one.text()) as Statement);

describe('the plugin provenance', () => {
  it('says of each platform and of the index what was asked for and what went in', async () => {
    const config: Config = {
      plugins: ['provenance'],
      platforms: ['linux/amd64', 'linux/arm64'],
      tags: ['shop:1'],
      env: { PORT: '80' },
    };
    const built = await buildInMemory(project, config);
    expect(built.report.error).toBeNull();
    const all = statements(built);
    const subjects = [built.report.index, ...built.report.images].map((one) => one?.digest);
    expect(all.map(({ subject }) => `sha256:${subject[0]?.digest.sha256}`).sort()).toEqual(subjects.sort());
    for (const { _type, predicateType, predicate } of all) {
      expect([_type, predicateType]).toEqual(['https://in-toto.io/Statement/v1', SLSA]);
      const { externalParameters, resolvedDependencies } = predicate.buildDefinition;
      expect(externalParameters).toMatchObject({
        configuration: { env: { PORT: '80' }, base: 'scratch', tags: ['shop:1'], preset: 'auto' },
        sourceDateEpoch: null,
      });
      const kinds = resolvedDependencies.map(({ annotations, digest = {} }) => [
        annotations.distribution ?? annotations.kind,
        Object.keys(digest),
      ]);
      expect(kinds).toEqual([
        ['flask-lite', ['sha256']],
        ['six', ['sha256']],
        ['lock', ['sha256']],
        ['configuration', ['sha256']],
      ]);
      for (const { uri } of resolvedDependencies.slice(0, 2)) expect(uri).toMatch(/^http:\/\/.*\.whl$/);
    }
    const platforms = all.map(({ predicate }) => predicate.buildDefinition.externalParameters.platforms);
    expect(platforms).toContainEqual(['linux/amd64', 'linux/arm64']);
  });

  it('tells no secret and no place of this host, and nothing of the time', async () => {
    const secret = 'hunter2hunter2';
    const files = {
      'pyproject.toml': '[project]\nname = "shop"\nversion = "1"\n',
      'shop.py': '',
      'requirements.txt': '',
      'wheels/README': '',
    };
    const config: Config = {
      plugins: ['provenance'],
      env: { API_TOKEN: secret, DATABASE: `postgres://shop:${secret}@db/shop` },
      wheelhouse: 'wheels',
    };
    const home = await temporaryFolder();
    const make = (env: Record<string, string>): Promise<InMemoryBuild> =>
      buildInMemory({ files }, config, { env: { HOME: home, TOKEN: secret, ...env } });
    const [first, second] = [await make({ CI: '1' }), await make({ USER: 'somebody' })];
    expect(first.report.error).toBeNull();
    const [text, again] = [first, second].map((one) => one.attachments.map((each) => each.text()));
    expect(again).toEqual(text);
    expect(text!.join()).not.toContain(secret);
    expect(text!.join()).not.toMatch(/\/tmp\/|pycontainer-testing|20[23]\d-\d\d/);
    expect(statements(first)[0]?.predicate.buildDefinition.externalParameters.configuration).toMatchObject({
      env: { API_TOKEN: '***', DATABASE: 'postgres://***@db/shop' },
      wheelhouse: 'wheels',
    });
  });

  it('changes no digest of an image, and none of its own with the same inputs', async () => {
    const without = await buildInMemory(project, {});
    const first = await buildInMemory(project, { plugins: ['provenance'] });
    expect(first.image.digest).toBe(without.image.digest);
    expect(first.image.attachments).toHaveLength(1);
  });

  it('stands in the index as BuildKit has it, also in a registry', async () => {
    const registry = await startFakeRegistry();
    try {
      const layout = `${await temporaryFolder()}/layout`;
      const reference = `${registry.host}/team/shop:1`;
      const config: Config = {
        plugins: [['provenance', { buildkit: true }]],
        tags: [reference],
        outputs: [`layout:${layout}`],
        push: true,
      };
      const first = await buildInMemory({}, config);
      expect(first.report.error).toBeNull();
      const second = await buildInMemory({}, config);
      expect(second.report.index).toEqual(first.report.index);
      expect(second.report.outputs.map(({ blobsUploaded }) => blobsUploaded)).toEqual([0, 0, 0]);
      await assertValidLayout(layout);
      const [image] = first.report.images;
      const root = (await readIndex(layout))!.manifests.find(
        ({ digest }) => digest === first.report.index?.digest,
      );
      const index = await readDocument(layout, root!);
      const [own, beside] = (JSON.parse(Buffer.from(index).toString()) as { manifests: Listed[] }).manifests;
      expect(own).toMatchObject({ digest: image?.digest, platform: { os: 'linux' } });
      expect(beside).toMatchObject({
        platform: { os: 'unknown', architecture: 'unknown' },
        annotations: {
          'vnd.docker.reference.type': 'attestation-manifest',
          'vnd.docker.reference.digest': image?.digest,
        },
      });
      const manifest = JSON.parse(Buffer.from(await readDocument(layout, beside!)).toString()) as {
        readonly artifactType: string;
        readonly layers: readonly {
          readonly digest: string;
          readonly mediaType: string;
          annotations: object;
        }[];
      };
      expect(manifest.artifactType).toBe('application/vnd.docker.attestation.manifest.v1+json');
      expect(manifest.layers[0]).toMatchObject({
        mediaType: TYPE,
        annotations: { 'in-toto.io/predicate-type': SLSA },
      });
      const attached = first.attachments.find(({ subject }) => subject === image?.digest);
      const hash = createHash('sha256').update(attached!.bytes).digest('hex');
      expect(manifest.layers[0]?.digest).toBe(`sha256:${hash}`);
    } finally {
      await registry.close();
    }
  });

  it('names the job of a CI as the builder, and refuses where there is none', async () => {
    const github = {
      GITHUB_ACTIONS: 'true',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_WORKFLOW_REF: 'me/shop/.github/workflows/release.yml@refs/heads/main',
      GITHUB_REPOSITORY: 'me/shop',
      GITHUB_RUN_ID: '7',
    };
    const gitlab = {
      GITLAB_CI: 'true',
      CI_PROJECT_URL: 'https://user:secret@gitlab.example/me/shop',
      CI_RUNNER_ID: '12',
      CI_JOB_URL: 'https://gitlab.example/me/shop/-/jobs/9',
    };
    const found = [];
    for (const env of [github, gitlab, { ...github, GITHUB_SERVER_URL: 'javascript:' }, {}]) {
      const built = await buildInMemory({}, { plugins: [['provenance', { builder: 'ci' }]] }, { env });
      const { runDetails } = statements(built)[0]?.predicate ?? {};
      found.push([runDetails?.builder.id, runDetails?.metadata, built.report.error?.code]);
    }
    expect(found).toEqual([
      [
        'https://github.com/me/shop/.github/workflows/release.yml@refs/heads/main',
        { invocationId: 'https://github.com/me/shop/actions/runs/7/attempts/1' },
        undefined,
      ],
      [
        'https://gitlab.example/me/shop/-/runners/12',
        { invocationId: 'https://gitlab.example/me/shop/-/jobs/9' },
        undefined,
      ],
      [undefined, undefined, 'PYC_PROVENANCE_BUILDER_UNKNOWN'],
      [undefined, undefined, 'PYC_PROVENANCE_BUILDER_UNKNOWN'],
    ]);
    const wrong = await buildInMemory({}, { plugins: [['provenance', { builder: 'me' }]] });
    expect(wrong.report.error?.code).toBe('PYC_CONFIG_INVALID');
  });
});
