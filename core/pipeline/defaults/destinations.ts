/** The destinations that need no plugin: layouts, archives and registries. Each module is loaded when its SPEC is met. */
import { isAbsolute, resolve } from 'node:path';
import { formatPlatform } from '../../oci/platform.ts';
import { DEFAULT_TAG, parseReference, type Reference } from '../../oci/reference.ts';
import type { DestinationRequest } from '../hooks.ts';
import type { Session } from '../session.ts';
import type { ResolvedConfig } from '../settings.ts';
import { withTag } from '../stages/publish.ts';
import type { Destination, FinishedBuild, Receipt } from '../values.ts';
import type { Registries } from './registries.ts';

/** Our own answer to `destination`. Relative locations start at the project. */
export function ownDestination(
  request: DestinationRequest,
  config: ResolvedConfig,
  session: Session,
  registries: Registries,
): Destination | undefined {
  const path = (): string =>
    isAbsolute(request.location) ? request.location : resolve(config.directory, request.location);
  switch (request.scheme) {
    case 'layout':
      return layout(request.spec, path(), config, session);
    case 'archive':
    case 'docker-archive':
      return archive(request.spec, request.scheme, path(), session);
    case 'registry':
      return registry(request.spec, request.location, session, registries);
    default:
      return undefined;
  }
}

function layout(
  name: string,
  directory: string,
  { sharedLayouts }: ResolvedConfig,
  { store }: Session,
): Destination {
  return {
    name,
    async publish(build, { signal }) {
      const { writeLayout } = await import('../../oci/layout.ts');
      const tags = sharedLayouts.includes(directory) ? namesAmongOthers(build) : namesOf(build);
      const contents = { ...contentsOf(build), tags };
      // Its index is read, added to and written: two builds at once would forget one of the two.
      const { digest } = await store.exclusive(
        `layout ${directory}`,
        () => writeLayout(directory, contents, { signal }),
        signal,
      );
      return { ...locally(name, digest), reference: `oci:${directory}:${tags[0]}` };
    },
  };
}

function archive(
  name: string,
  kind: 'archive' | 'docker-archive',
  file: string,
  session: Session,
): Destination {
  return {
    name,
    async publish(build, { signal }) {
      const { writeArchive, writeDockerArchive } = await import('../../oci/archive.ts');
      const contents = contentsOf(build);
      const digest =
        kind === 'archive'
          ? (await writeArchive(file, { ...contents, tag: namesOf(build)[0]! }, { signal })).digest
          : (
              await writeDockerArchive(
                file,
                { ...contents, names: repositoryTags(build) },
                { signal, log: session.log },
              )
            ).digest;
      return { ...locally(name, digest), reference: `${kind === 'archive' ? 'oci-archive' : kind}:${file}` };
    },
  };
}

function registry(name: string, text: string, session: Session, registries: Registries): Destination {
  const target = parseReference(text);
  return {
    name,
    lane: `registry ${target.host}`,
    async publish(build, { signal, last }) {
      const { createBlobPlaces, push } = await import('../../registry/index.ts');
      const result = await push(
        {
          target: targetOf(target, build),
          images: build.images,
          index: build.index,
          referrers: build.referrers,
        },
        {
          client: await registries.client([target.host]),
          log: session.log,
          signal,
          places: session.memory.get('places of blobs', createBlobPlaces),
          ...(last === undefined ? {} : { later: last }),
        },
      );
      return { destination: name, ...result };
    },
  };
}

/** A part of an image is reached by its digest alone. */
function targetOf(target: Reference, { isPart = false }: FinishedBuild): Reference {
  const { tag, ...untagged } = target;
  if (isPart) return untagged;
  return tag === undefined && target.digest === undefined ? { ...target, tag: DEFAULT_TAG } : target;
}

/** What every output writes, without the names by which others find it. */
function contentsOf(build: FinishedBuild): Pick<FinishedBuild, 'images' | 'index' | 'referrers'> {
  const { images, index, referrers } = build;
  return { images, referrers, ...(index === undefined ? {} : { index }) };
}

/** The tags alone, as a layout names its images (`org.opencontainers.image.ref.name`). */
function namesOf(build: FinishedBuild): readonly [string, ...string[]] {
  const [first = DEFAULT_TAG, ...others] = new Set(
    build.tags.map((tag) => parseReference(tag).tag ?? DEFAULT_TAG),
  );
  return [partName(first, build), ...others.map((name) => partName(name, build))];
}

/** As in `latest-linux-arm64`, so that parts of one image lie beside each other. */
function partName(name: string, { isPart = false, images }: FinishedBuild): string {
  const [image] = images;
  return isPart && image !== undefined
    ? `${name}-${formatPlatform(image.platform).replaceAll('/', '-')}`
    : name;
}

/** Beside other images of one configuration: `api` for `api:latest`, `api-1.0` for `api:1.0`. */
function namesAmongOthers(build: FinishedBuild): readonly [string, ...string[]] {
  const [first, ...others] = namesOf(build).map((tag) =>
    tag === DEFAULT_TAG ? build.name : `${build.name}-${tag}`,
  );
  return [first!, ...others];
}

/** Whole references, as `docker load` names what it loaded. */
function repositoryTags(build: FinishedBuild): string[] {
  const tags = build.tags.length > 0 ? build.tags : [`${build.name}:${DEFAULT_TAG}`];
  return tags.map(withTag);
}

function locally(destination: string, digest: Receipt['digest']): Omit<Receipt, 'reference'> {
  return { destination, digest, bytesUploaded: 0, blobsUploaded: 0, blobsMounted: 0, blobsPresent: 0 };
}
