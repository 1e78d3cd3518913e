import { describe, expect, it } from 'vitest';
import { copyImage } from '../../core/images.ts';
import { mapConcurrently } from '../../core/primitives/concurrency.ts';
import { digestOf } from '../../core/primitives/digest.ts';
import { faultsInTurn, type RegistryFault } from '../../core/testing/registry-faults.ts';
import { registry } from '../registry/images.ts';
import { hostOf, options, sampleLayout } from './places.ts';

const { signal } = new AbortController();
const lasting = { times: 1000 };

type Case = readonly [where: 'source' | 'target', fault: RegistryFault, expected: string];

const CASES: readonly Case[] = [
  ['source', { at: 'manifest-read', status: 503 }, 'copied'],
  ['source', { at: 'manifest-read', cutAt: 10 }, 'copied'],
  ['source', { at: 'blob-read', status: 429, headers: { 'retry-after': '0' } }, 'copied'],
  ['source', { at: 'blob-read', drop: true }, 'copied'],
  ['source', { at: 'blob-read', cutAt: 20, times: 2 }, 'copied'],
  ['source', { at: 'blob-read', corrupt: true }, 'PYC_REGISTRY_CONTENT'],
  ['source', { at: 'manifest-read', corrupt: true, ...lasting }, 'PYC_REGISTRY_CONTENT'],
  ['source', { at: 'blob-read', status: 404, ...lasting }, 'PYC_REGISTRY_NOT_FOUND'],
  ['source', { at: 'referrers', status: 403 }, 'PYC_REGISTRY_ACCESS'],
  ['target', { at: 'upload-start', cutRequestAt: 10 }, 'copied'],
  ['target', { at: 'upload-start', status: 500, done: true }, 'copied'],
  ['target', { at: ['upload-end', 'manifest-write', 'tag-write'], drop: true, done: true }, 'copied'],
  ['target', { at: 'tag-write', status: 403 }, 'PYC_REGISTRY_ACCESS'],
  ['target', { at: 'manifest-write', status: 400 }, 'PYC_REGISTRY_STATUS'],
  ['target', { at: 'upload-start', status: 413, ...lasting }, 'PYC_REGISTRY_STATUS'],
];

describe('a copy between registries', () => {
  it('is completed with the same digest, or ends with one error and the old tag', async () => {
    const [image, old] = [await sampleLayout(), await sampleLayout('1.0', 'old')];
    const outcomes = await mapConcurrently(CASES, 8, signal, async ([where, fault, expected]) => {
      const [source, target] = [await registry(), await registry()];
      const run = await options();
      await copyImage({ ...run, source: image.spec, destination: `${hostOf(source)}/app:1.0` });
      await copyImage({ ...run, source: old.spec, destination: `${hostOf(target)}/app:1.0` });
      ({ source, target })[where].fault = faultsInTurn([fault]);
      const copied = await copyImage({
        ...run,
        source: `${hostOf(source)}/app:1.0`,
        destination: `${hostOf(target)}/app:1.0`,
      });
      const outcome = copied.error?.code ?? 'copied';
      const { tags, blobs } = target.repository('app');
      const shouldBe = outcome === 'copied' ? image.digest : old.digest;
      const isWhole = [...blobs].every(([digest, bytes]) => digestOf(bytes) === digest);
      return outcome === expected && tags.get('1.0') === shouldBe && isWhole
        ? []
        : [`${where} ${JSON.stringify(fault)}: ${outcome} instead of ${expected}`];
    });
    expect(outcomes.flat()).toEqual([]);
  }, 60_000);
});
