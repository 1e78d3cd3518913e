/** The destinations that need no plugin: layouts, archives, registries and engines. Each module is loaded when its SPEC is met. */
import { homedir } from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import type { EngineHost } from '../../engines/index.ts';
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
): Destination | undefined | Promise<Destination> {
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
    case 'load':
      return engine(request.location, session);
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
          attestations: build.attestations,
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

/** The engine is looked for before anything is built, so that a build is not made in vain; where nothing is written, not at all. */
async function engine(spec: string, session: Session): Promise<Destination> {
  const { env, log, command, dryRun, memory, signal } = session;
  const { findEngine } = await import('../../engines/index.ts');
  const found =
    command === 'build' && !dryRun
      ? await memory.get(`engine ${spec}`, () => findEngine(spec, engineHost(env), { signal }))
      : undefined;
  const name = `load:${found?.kind ?? spec}`;
  return {
    name,
    lane: name,
    async publish(build, context) {
      if (found === undefined) throw new TypeError('a build that writes nothing publishes nothing');
      log.info(`loading into ${found.shown}`);
      const names = repositoryTags(build).filter((tag) => parseReference(tag).digest === undefined);
      const [first = `${build.name}:${DEFAULT_TAG}`, ...others] = names;
      const loaded = await found.load({
        contents: contentsOf(build),
        names: [first, ...others],
        log,
        signal: context.signal,
      });
      return {
        destination: name,
        reference: loaded.reference,
        digest: loaded.digest,
        bytesUploaded: loaded.bytesSent,
        blobsUploaded: loaded.layersSent,
        blobsMounted: 0,
        blobsPresent: loaded.layersPresent,
      };
    },
  };
}

function engineHost(env: Session['env']): EngineHost {
  return {
    env,
    home: env.HOME || env.USERPROFILE || homedir(),
    system: process.platform,
    architecture: process.arch,
    runFolders: ['/var/run', '/run'],
  };
}

/** A part of an image is reached by its digest alone. */
function targetOf(target: Reference, { isPart = false }: FinishedBuild): Reference {
  const { tag, ...untagged } = target;
  if (isPart) return untagged;
  return tag === undefined && target.digest === undefined ? { ...target, tag: DEFAULT_TAG } : target;
}

/** What every output writes, without the names by which others find it. */
function contentsOf(
  build: FinishedBuild,
): Pick<FinishedBuild, 'images' | 'index' | 'attestations' | 'referrers'> {
  const { images, index, attestations = [], referrers } = build;
  return { images, attestations, referrers, ...(index === undefined ? {} : { index }) };
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
