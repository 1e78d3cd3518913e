/**
 * Faults of a registry by the step of the protocol that they strike: what the fake registry's `faults` are made
 * of. The answers themselves are the fake server's matter.
 */
import { isDigest } from '../primitives/digest.ts';
import type { Fault, FaultInjector, LoggedRequest } from './fake-server.ts';

/** A step of the distribution specification's protocol. */
export type RegistryStep =
  /** HEAD of a manifest. */
  | 'manifest-check'
  /** GET of a manifest. */
  | 'manifest-read'
  /** PUT of a manifest under its digest. */
  | 'manifest-write'
  /** PUT of a manifest under a tag. */
  | 'tag-write'
  /** HEAD of a blob. */
  | 'blob-check'
  /** GET of a blob. */
  | 'blob-read'
  /** POST that mounts. */
  | 'mount'
  /** POST that starts an upload, or is one. */
  | 'upload-start'
  /** PATCH. */
  | 'upload-piece'
  /** GET of how an upload stands. */
  | 'upload-status'
  /** PUT that ends an upload. */
  | 'upload-end'
  /** GET of the tags. */
  | 'tags'
  /** GET of referrers. */
  | 'referrers'
  /** The token endpoint. */
  | 'token';

/** Something that goes wrong at a step. */
export interface RegistryFault extends Fault {
  readonly at: RegistryStep | readonly RegistryStep[];
  /** How often it strikes; default once. */
  readonly times?: number;
  /** Requests of that step that go well before. */
  readonly after?: number;
}

const STEPS: readonly (readonly [step: RegistryStep, method: string, path: RegExp])[] = [
  ['mount', 'POST', /\/blobs\/uploads\/\?.*\bmount=/],
  ['upload-start', 'POST', /\/blobs\/uploads\//],
  ['upload-piece', 'PATCH', /\/blobs\/uploads\//],
  ['upload-status', 'GET', /\/blobs\/uploads\//],
  ['upload-end', 'PUT', /\/blobs\/uploads\//],
  ['blob-check', 'HEAD', /\/blobs\//],
  ['blob-read', 'GET', /\/blobs\//],
  ['manifest-check', 'HEAD', /\/manifests\//],
  ['manifest-read', 'GET', /\/manifests\//],
  ['tag-write', 'PUT', /\/manifests\//],
  ['tags', 'GET', /\/tags\/list/],
  ['referrers', 'GET', /\/referrers\//],
];

/** The step that a request is; undefined for what is none. */
export function registryStep({
  method,
  path,
}: Pick<LoggedRequest, 'method' | 'path'>): RegistryStep | undefined {
  if (/^\/token\b/.test(path)) return 'token';
  const step = STEPS.find(([, wanted, pattern]) => wanted === method && pattern.test(path))?.[0];
  if (step !== 'tag-write') return step;
  const reference = path.replace(/\?.*/, '').split('/').at(-1) ?? '';
  return isDigest(decodeURIComponent(reference)) ? 'manifest-write' : step;
}

/** Asks each fault in order; each strikes as often as it says. */
export function faultsInTurn(faults: readonly RegistryFault[]): FaultInjector {
  const states = faults.map((fault) => ({ fault, wait: fault.after ?? 0, left: fault.times ?? 1 }));
  return (request) => {
    const step = registryStep(request);
    const state = states.find(
      ({ fault, left }) => left > 0 && step !== undefined && [fault.at].flat().includes(step),
    );
    if (state === undefined) return undefined;
    if (state.wait > 0) {
      state.wait -= 1;
      return undefined;
    }
    state.left -= 1;
    return state.fault;
  };
}
