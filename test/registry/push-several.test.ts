import { describe, expect, it } from 'vitest';
import { createBlobPlaces } from '../../core/registry/blob-places.ts';
import { push } from '../../core/registry/push.ts';
import { asked, client, image, reference, referrer, registry } from './images.ts';

const { signal } = new AbortController();

describe('several pushes of one run', () => {
  it('send each blob once to a registry: the next repository mounts it', async () => {
    const server = await registry();
    const made = image(['base', 'mine']);
    const options = { client: client(), signal, places: createBlobPlaces() };
    const request = { images: [made], referrers: [referrer(made.manifest.descriptor, 'sbom')] };
    const first = await push({ ...request, target: reference(server, 'team/one:1') }, options);
    expect(first).toMatchObject({ blobsUploaded: 5, blobsMounted: 0 });
    const second = await push({ ...request, target: reference(server, 'team/two:1') }, options);
    expect(second).toMatchObject({ blobsUploaded: 0, blobsMounted: 5, bytesUploaded: 0 });
    expect(server.repository('team/two').tags.get('1')).toBe(made.manifest.descriptor.digest);
  });

  it('add a further tag of a repository with one manifest', async () => {
    const server = await registry();
    const made = image(['base', 'mine']);
    const options = { client: client(), signal, places: createBlobPlaces() };
    const request = { images: [made], referrers: [referrer(made.manifest.descriptor, 'sbom')] };
    await push({ ...request, target: reference(server, 'app:1.0') }, options);
    server.requests.length = 0;
    const second = await push({ ...request, target: reference(server, 'app:latest') }, options);
    expect(second).toMatchObject({ blobsUploaded: 0, blobsPresent: 5 });
    expect(asked(server).filter((line) => !line.startsWith('HEAD'))).toEqual([
      'PUT /v2/app/manifests/latest',
    ]);
  });

  it('move their tags when the caller says so, and leave the old ones until then', async () => {
    const server = await registry();
    const made = image(['one']);
    const steps: (() => Promise<void>)[] = [];
    const options = { client: client(), signal, later: (step: () => Promise<void>) => void steps.push(step) };
    const { digest } = await push(
      { target: reference(server, 'app:1'), images: [made], referrers: [] },
      options,
    );
    const stored = server.repository('app');
    expect([stored.manifests.has(digest), stored.tags.size]).toEqual([true, 0]);
    for (const step of steps) await step();
    expect(stored.tags.get('1')).toBe(digest);
  });
});
