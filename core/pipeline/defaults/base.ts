/** The bases that need no plugin: a registry's images, OCI layouts, archives, and nothing at all. */
import type { Image } from '../../oci/image.ts';
import { absolutePath, schemeMeant, splitScheme, splitTag } from '../../oci/image-spec.ts';
import { formatPlatform, normalizePlatform, type Platform } from '../../oci/platform.ts';
import { DEFAULT_TAG, formatReference, parseReference, type Reference } from '../../oci/reference.ts';
import { type Digest, isDigest } from '../../primitives/digest.ts';
import { messageOf, PycError } from '../../primitives/errors.ts';
import { nearest } from '../../primitives/nearest.ts';
import { visible } from '../../primitives/path.ts';
import type { Graph } from '../graph.ts';
import type { RunMemory } from '../run-memory.ts';
import type { BaseContext, BaseSource, Project } from '../values.ts';
import type { Registries } from './registries.ts';

/** The base is written in a way that neither pycontainer nor a plugin knows. */
export class BaseError extends PycError {
  readonly code = 'PYC_BASE_UNKNOWN';
  override readonly exitCode = 2;
}

/** What stands before the colon of a base that is no registry's. */
const SCHEMES = ['layout', 'archive', 'registry', 'apt'];

/** Asks the plugins. @throws BaseError for a reference that nobody knows */
export async function findBase(reference: string, project: Project, graph: Graph): Promise<BaseSource> {
  const source = await graph.hooks.base.promise({ reference, project }, graph.context);
  if (source !== undefined) return source;
  const shown = visible(reference);
  const [scheme, location] = splitScheme(reference);
  const close = nearest(scheme, SCHEMES);
  throw new BaseError(`\`${shown}\` is no base that this build knows`, {
    hint:
      close === undefined
        ? 'write a reference such as `python:3.13-slim`, `layout:DIR`, `archive:FILE`, `apt:SUITE` or `scratch`'
        : `did you mean \`${close}:${visible(location)}\`? A registry's image of that name is \`registry:${shown}\``,
  });
}

/** Our own answer to `base`: the last to be asked. The images of a run open a base once. */
export function ownBase(
  reference: string,
  registries: Registries,
  memory: RunMemory,
): BaseSource | undefined {
  if (reference === 'scratch') return scratch;
  const [scheme, location] = splitScheme(reference);
  switch (scheme) {
    case 'layout':
    case 'archive':
      return localBase(reference, scheme, location, memory);
    case 'registry':
      return registryBase(location, registries, memory);
    default:
      // `apt:bookworm` is a reference by the grammar, and nobody's image.
      return scheme === 'apt' || isMisspelt(scheme, location)
        ? undefined
        : registryBase(reference, registries, memory);
  }
}

/** `app` is no `apt`. */
function isMisspelt(scheme: string, location: string): boolean {
  const close = schemeMeant(scheme, location, SCHEMES);
  return close !== undefined && close !== 'apt';
}

/** An image without files. Its Python is stated by whoever puts one there. */
const scratch: BaseSource = {
  reference: 'scratch',
  async open(platform: Platform): Promise<Image> {
    const { os, architecture, variant } = normalizePlatform(platform);
    return {
      platform,
      config: {
        os,
        architecture,
        ...(variant === undefined ? {} : { variant }),
        rootfs: { type: 'layers', diff_ids: [] },
      },
      layers: [],
    };
  },
};

function localBase(
  reference: string,
  scheme: 'layout' | 'archive',
  location: string,
  memory: RunMemory,
): BaseSource {
  return {
    reference,
    isLazy: true,
    async open(platform, signal, { directory, store }) {
      if (scheme === 'archive') {
        const file = absolutePath(location, directory);
        return memory.get(`base archive ${file} ${formatPlatform(platform)}`, async () => {
          const { readArchive } = await import('../../oci/archive.ts');
          return readArchive(file, { platform, store, signal });
        });
      }
      const { readLayout } = await import('../../oci/layout.ts');
      const { path, tag } = splitTag(location, directory);
      return readLayout(path, { platform, ...(tag === undefined ? {} : { tag }) });
    },
  };
}

/** Key of the pin of a registry's base. */
const PIN = 'digest';
/** Milliseconds that are waited for what a pinned tag stands for now. */
const PATIENCE = 5000;

function registryBase(text: string, registries: Registries, memory: RunMemory): BaseSource {
  const reference = parseReference(text);
  return {
    reference: text,
    isLazy: true,
    async open(platform, signal, context) {
      const { openRegistryImage, resolveTag } = await import('../../registry/index.ts');
      const { store, log, offline } = context;
      const options = { client: await registries.client(), store, log, signal, offline };
      // Looked up once in a run: all platforms are of one index, whatever becomes of the tag meanwhile.
      const current = (): Promise<Digest> =>
        memory.get(`tag ${formatReference(reference)}`, () => resolveTag(reference, options));
      const pinned = reference.digest === undefined ? pinOf(context) : undefined;
      const digest = reference.digest ?? pinned ?? (await current());
      const wanted = { ...reference, digest };
      const key = `base registry ${formatReference(wanted)} ${formatPlatform(platform)}`;
      const image = await memory.get(key, () => openRegistryImage(wanted, platform, options));
      if (reference.digest === undefined) {
        context.pins.set('reference', formatReference({ tag: DEFAULT_TAG, ...reference }));
        context.pins.set(PIN, image.resolved);
        const before = context.pins.before?.(PIN);
        if (context.tellsMoves === true && isDigest(before)) {
          // What was pinned just now was looked up just now.
          const now = async (): Promise<Digest> => {
            if (pinned === undefined || offline) return image.resolved;
            const soon = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
            return resolveTag(reference, { ...options, signal: soon });
          };
          await memory.get(`move of ${formatReference(reference)} from ${before}`, () =>
            tellMove(reference, before, now, context),
          );
        }
      }
      context.log.debug(`base ${formatReference({ ...reference, digest: image.resolved })}`);
      return image;
    },
  };
}

/** A registry that does not answer is no reason to fail or to wait: what is pinned needs none. */
async function tellMove(
  reference: Reference,
  before: Digest,
  current: () => Promise<Digest>,
  { pins, log }: BaseContext,
): Promise<void> {
  const now = await current().catch((error: unknown) => {
    log.debug(`whether \`${formatReference(reference)}\` moved is not known: ${messageOf(error)}`);
    return before;
  });
  if (now === before) return;
  const isTaken = pins.get(PIN) === now;
  log.warn({
    /**
     * The tag of the base stands for another image than when `pycontainer.lock` was written. Builds go on with the one that is
     * pinned. `pyc lock --update-base` pins the new one, and says this once more.
     */
    code: 'PYC_BASE_MOVED',
    message: `\`${formatReference(reference)}\` was \`${before}\` when it was pinned, and is \`${now}\` now`,
    hint: isTaken
      ? 'build with the new one, and commit `pycontainer.lock`'
      : 'take it with `pyc lock --update-base`',
  });
}

function pinOf({ pins }: BaseContext): Digest | undefined {
  const value = pins.get(PIN);
  return isDigest(value) ? value : undefined;
}
