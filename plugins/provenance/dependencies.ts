/**
 * What went into images, as resource descriptors of in-toto: the base, every distribution's file, the lock, the files of the
 * configuration and the commit. Addresses are without credentials; what lies on this host has no place.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import {
  type Digest,
  type Distribution,
  digestOf,
  type FinishedImage,
  formatPlatform,
  hexOf,
  messageOf,
  type PluginApi,
  type Project,
  PycError,
  visible,
} from 'pycontainer';

/** A file that the image was made of, such as the lock, cannot be read any more: it changed during the build. Build again. */
export class ProvenanceInputError extends PycError {
  readonly code = 'PYC_PROVENANCE_INPUT_UNREADABLE';
}

/** In-toto attestation framework, "ResourceDescriptor". */
export interface ResourceDescriptor {
  readonly name?: string;
  readonly uri?: string;
  readonly digest?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, unknown>>;
}

/** In the order: bases, distributions, lock, configuration, sources. Each once. */
export async function dependenciesOf(
  images: readonly FinishedImage[],
  api: PluginApi,
): Promise<readonly ResourceDescriptor[]> {
  const { project } = images[0]!.resolution;
  const found = [
    ...images.flatMap((image) => basesOf(image)),
    ...(await Promise.all(images.map((image) => distributionsOf(image, api)))).flat(),
    ...(await lockOf(images[0]!, api)),
    ...(await configurationFiles(project, api)),
    ...sourcesOf(project),
  ];
  return [...new Map(found.map((one) => [JSON.stringify(one), one])).values()];
}

/** The base's manifest; its layers where it was assembled here and has none. */
function basesOf({ platform, resolution }: FinishedImage): ResourceDescriptor[] {
  const { source, image } = resolution.base;
  const annotations = { kind: 'base', platform: formatPlatform(platform) };
  if (image.manifest === undefined) {
    return image.layers.map(({ descriptor }, index) => ({
      name: `base layer ${index + 1}`,
      digest: { sha256: hexOf(descriptor.digest) },
      annotations: { ...annotations, kind: 'base-layer' },
    }));
  }
  const { digest } = image.manifest.descriptor;
  const isLocal = /^(?:layout|archive):/.test(source.reference);
  const reference = source.reference.replace(/^registry:/, '').replace(/@.*$/, '');
  return [
    {
      name: 'base',
      ...(isLocal ? {} : { uri: `docker://${reference}@${digest}` }),
      digest: { sha256: hexOf(digest) },
      annotations,
    },
  ];
}

async function distributionsOf(
  { resolution, tree }: FinishedImage,
  { signal }: PluginApi,
): Promise<ResourceDescriptor[]> {
  const parts = new Map(tree.parts.map((part) => [part.name, part]));
  return await Promise.all(
    resolution.distributions.map(async (distribution) => {
      const part = parts.get(distribution.name);
      const record = await part?.record(signal);
      const component = record?.components.find(({ kind }) => kind === 'python');
      return descriptorOf(distribution, part?.wheel?.name, component?.digest, component?.version);
    }),
  );
}

/** @param wheel the one that was installed; built of `distribution` where that is no wheel */
function descriptorOf(
  { name, version, source, file, hashes = [], directUrl }: Distribution,
  wheel: string | undefined,
  installed: Digest | undefined,
  installedVersion: string | undefined,
): ResourceDescriptor {
  const stated = digestSet(file?.hashes ?? hashes);
  const isInstalled = source === 'wheel';
  const commit = (directUrl?.vcs_info as { readonly commit_id?: unknown } | undefined)?.commit_id;
  const address = file?.url ?? (typeof directUrl?.url === 'string' ? directUrl.url : undefined);
  const uri = address === undefined ? undefined : plainUrl(address);
  const digest = {
    ...stated,
    ...(isInstalled && installed !== undefined ? { sha256: hexOf(installed) } : {}),
    ...(typeof commit === 'string' ? { gitCommit: commit } : {}),
  };
  const built = isInstalled || installed === undefined ? {} : { wheel: wheel ?? name, installed };
  return {
    name: file?.name ?? wheel ?? name,
    uri:
      uri === undefined
        ? `pkg:pypi/${name}@${encodeURIComponent(version || (installedVersion ?? ''))}`
        : typeof commit === 'string'
          ? `git+${uri.replace(/^git\+/, '')}@${commit}`
          : uri,
    ...(Object.keys(digest).length === 0 ? {} : { digest }),
    annotations: {
      kind: 'distribution',
      distribution: name,
      version: version || (installedVersion ?? ''),
      source,
      ...built,
    },
  };
}

/** `sha256:<hex>` each. */
function digestSet(hashes: readonly string[]): Record<string, string> {
  // Hashes of several files of one version say nothing of the one that was taken.
  const pairs = hashes.map((hash) => hash.split(':') as [string, string]);
  const names = pairs.map(([algorithm]) => algorithm);
  return new Set(names).size === names.length ? Object.fromEntries(pairs) : {};
}

/** A lock that was made for this build is no file of the project: what it chose stands above. */
async function lockOf({ resolution }: FinishedImage, { config }: PluginApi): Promise<ResourceDescriptor[]> {
  const { lock, project } = resolution;
  if (lock === undefined || lock.madeBy !== undefined) return [];
  // A lock for several projects lies where the build was asked for, whichever of them it is about.
  const isCommon = lock.members?.includes(project.name) === true;
  const path = resolve(isCommon ? config.directory : project.directory, lock.path);
  return [await fileOf(path, config.directory, 'lock')];
}

async function configurationFiles(
  project: Project,
  { config }: PluginApi,
): Promise<readonly ResourceDescriptor[]> {
  const folder = config.file === undefined ? config.directory : dirname(config.file);
  const paths = new Set([
    ...(config.file === undefined ? [] : [config.file]),
    join(project.directory, 'pyproject.toml'),
    join(folder, 'pycontainer.lock'),
  ]);
  const files = await Promise.all(
    [...paths].map((path) =>
      fileOf(path, config.directory, 'configuration').catch((error: unknown) => {
        if (path !== config.file && isMissing(error)) return [];
        throw error;
      }),
    ),
  );
  return files.flat();
}

/** @param from the folder that the build was asked for: names are relative to it */
async function fileOf(path: string, from: string, kind: string): Promise<ResourceDescriptor> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new ProvenanceInputError(`\`${visible(path)}\` cannot be read: ${messageOf(cause)}`, {
      hint: 'build again',
      cause,
    });
  });
  const name = relative(from, path).split(sep).join('/');
  return { name, digest: { sha256: hexOf(digestOf(bytes)) }, annotations: { kind } };
}

function isMissing(error: unknown): boolean {
  return (error as { readonly cause?: NodeJS.ErrnoException }).cause?.code === 'ENOENT';
}

function sourcesOf({ git }: Project): ResourceDescriptor[] {
  if (git === undefined) return [];
  const { commit, dirty, remote } = git;
  return [
    {
      name: 'sources',
      ...(remote === undefined ? {} : { uri: `git+${plainUrl(remote)}@${commit}` }),
      digest: { gitCommit: commit },
      annotations: { kind: 'sources', dirty },
    },
  ];
}

/** Without user, password, query and fragment: each can open a door. Undefined for a place on this host. */
function plainUrl(text: string): string | undefined {
  const prefix = /^(?:git|hg|bzr|svn)\+/.exec(text)?.[0] ?? '';
  const rest = text.slice(prefix.length);
  if (!URL.canParse(rest)) return undefined;
  const url = new URL(rest);
  if (!/^(?:https?|ssh|git):$/.test(url.protocol)) return undefined;
  return `${prefix}${url.protocol}//${url.host}${url.pathname}`;
}
