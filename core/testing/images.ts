/** Makes images in memory, for a build to start from: given to it as they are, written to a layout, or put into a fake registry. */
import { gzipSync } from 'node:zlib';
import { encodeTarHeader, TAR_END, type TarMember, tarPadding } from '../archive/tar-header.ts';
import { buildIndex, buildManifest, type Document, documentOf } from '../oci/build-image.ts';
import type { ConfigDocument, Descriptor, Layer, RuntimeConfig } from '../oci/image.ts';
import { writeLayout } from '../oci/layout.ts';
import { OCI_CONFIG, OCI_LAYER_GZIP } from '../oci/media-types.ts';
import { formatPlatform, type Platform, parsePlatform } from '../oci/platform.ts';
import type { PluginFile } from '../pipeline/plugin.ts';
import type { Config } from '../pipeline/settings.ts';
import type { BaseSource, PythonInBase } from '../pipeline/values.ts';
import { streamOf } from '../primitives/bytes.ts';
import { digestOf } from '../primitives/digest.ts';
import type { FakeRegistry } from './fake-registry.ts';

/** A file of an image: a directory where its path ends in a slash, else a file or a link to another path. */
export type ImageFileRecipe = PluginFile | { readonly symlink: string } | { readonly hardlink: string };

/** Files of a layer by path, in the order of the tar. `.wh.NAME` hides what lower layers have under that name. */
export type LayerRecipe = Readonly<Record<string, ImageFileRecipe>>;

export interface ImageRecipe {
  /** The files of the only layer. */
  readonly files?: LayerRecipe;
  /** Further layers above it. */
  readonly layers?: readonly LayerRecipe[];
  /** Default `linux/amd64`. */
  readonly platform?: string;
  /** What a process is started with (image specification, "Image Configuration"), as in `{ Env: ['LANG=C.UTF-8'] }`. */
  readonly config?: RuntimeConfig;
  /** Of the manifest. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A layer with its blob. */
export interface MadeLayer extends Layer {
  readonly bytes: Uint8Array;
}

/** An image, nothing of it lazy. */
export interface MadeImage {
  readonly platform: Platform;
  readonly layers: readonly MadeLayer[];
  readonly config: Document & { readonly document: ConfigDocument };
  readonly manifest: Document;
}

/** The same recipe gives the same image. */
export function makeImage(recipe: ImageRecipe = {}): MadeImage {
  const { files, layers: above = [], config: runtime, annotations = {} } = recipe;
  const platform = parsePlatform(recipe.platform ?? 'linux/amd64');
  const layers = [...(files === undefined ? [] : [files]), ...above].map(makeLayer);
  const created = '1970-01-01T00:00:00Z';
  const document: ConfigDocument = {
    created,
    ...platform,
    ...(runtime === undefined ? {} : { config: runtime }),
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(() => ({ created, created_by: 'pycontainer/testing' })),
  };
  const config = { ...documentOf(document, OCI_CONFIG), document };
  return { platform, layers, config, manifest: buildManifest(config.descriptor, layers, annotations) };
}

/** A layer of one gzip member. All files are root's and from 1970. @throws TarHeaderError for a path that no tar can hold */
export function makeLayer(files: LayerRecipe): MadeLayer {
  const chunks = Object.entries(files).flatMap(([path, file]) => {
    const { bytes = new Uint8Array(0), ...member } = memberOf(path, file);
    const header = encodeTarHeader({ path, uid: 0, gid: 0, mtime: 0, ...member, size: bytes.length });
    return [header, bytes, new Uint8Array(tarPadding(bytes.length))];
  });
  const tar = Buffer.concat([...chunks, new Uint8Array(TAR_END)]);
  const bytes = gzipSync(tar);
  return {
    descriptor: { mediaType: OCI_LAYER_GZIP, digest: digestOf(bytes), size: bytes.length },
    diffId: digestOf(tar),
    bytes,
    open: async () => streamOf(bytes),
  };
}

function memberOf(
  path: string,
  file: ImageFileRecipe,
): Pick<TarMember, 'type' | 'mode'> &
  Partial<Pick<TarMember, 'path' | 'linkTarget'>> & { bytes?: Uint8Array } {
  if (path.endsWith('/')) return { type: 'directory', path: path.slice(0, -1), mode: 0o755 };
  if (typeof file === 'string' || file instanceof Uint8Array) return memberOf(path, { bytes: file });
  if ('symlink' in file) return { type: 'symlink', linkTarget: file.symlink, mode: 0o777 };
  if ('hardlink' in file) return { type: 'hardlink', linkTarget: file.hardlink, mode: 0o644 };
  return { type: 'file', mode: file.mode ?? 0o644, bytes: Buffer.from(file.bytes as string) };
}

export interface BaseRecipe extends Omit<ImageRecipe, 'platform'> {
  /** What the report calls it; default `made:base`. */
  readonly reference?: string;
  /**
   * Its Python; what is missing is that of `buildInMemory`: 3.12.7 at `/usr/local/bin/python3.12`, with glibc 2.36. False:
   * it says nothing of it, so that its files are looked at.
   */
  readonly python?: Config['python'] | false;
}

/** Stated where a test states no base, so that none has to be fetched and no Python looked for. */
export const DEFAULT_PYTHON = { version: '3.12.7', libc: 'glibc-2.36' } as const;

/** A base for the configuration's key `base`: an image that is made for whichever platform is built. */
export function makeBase(recipe: BaseRecipe = {}): BaseSource {
  const { reference = 'made:base', python = {}, ...image } = recipe;
  return {
    reference,
    async open(platform) {
      const made = makeImage({ ...image, platform: formatPlatform(platform) });
      return { ...made, config: made.config.document };
    },
    ...(python === false ? {} : { python: ({ platform }) => pythonOf(python, platform) }),
  };
}

function pythonOf(stated: NonNullable<Config['python']>, platform: Platform): PythonInBase {
  const { version = DEFAULT_PYTHON.version, libc = DEFAULT_PYTHON.libc, interpreter } = stated;
  const [major, minor] = version.split('.');
  const [family, libcVersion = ''] = libc.split('-');
  return {
    interpreter: interpreter ?? `/usr/local/bin/python${major}.${minor}`,
    target: {
      implementation: 'cpython',
      version,
      abi: `cp${major}${minor}`,
      ...platform,
      os: 'linux',
      libc: { family: family === 'musl' ? 'musl' : 'glibc', version: libcVersion },
    },
  };
}

/**
 * Writes an image, or one a platform, into an OCI layout for `layout:DIR`.
 *
 * @returns the digest of the manifest, or of the index
 * @throws LayoutError for a folder that holds something else; LayoutWriteError
 */
export async function writeImage(
  directory: string,
  images: MadeImage | readonly MadeImage[],
  tags: readonly string[] = ['latest'],
): Promise<string> {
  const { all, index } = together(images);
  const contents = { images: all, tags, referrers: [], ...(index === undefined ? {} : { index }) };
  const { digest } = await writeLayout(directory, contents, { signal: new AbortController().signal });
  return digest;
}

/** Puts an image, or one a platform, into a fake registry without a request; gives what a tag points to. */
export function putImage(
  registry: Pick<FakeRegistry, 'addBlob' | 'addManifest'>,
  repository: string,
  images: MadeImage | readonly MadeImage[],
  tag?: string,
): Descriptor {
  const { all, index } = together(images);
  for (const { config, layers } of all) {
    for (const { bytes } of [config, ...layers]) registry.addBlob(repository, bytes);
  }
  const put = ({ bytes, descriptor }: Document, name?: string): Descriptor =>
    registry.addManifest(repository, JSON.parse(Buffer.from(bytes).toString()), descriptor.mediaType, name);
  const descriptors = all.map(({ manifest }) => put(manifest, index === undefined ? tag : undefined));
  return index === undefined ? descriptors[0]! : put(index, tag);
}

function together(images: MadeImage | readonly MadeImage[]): {
  readonly all: readonly MadeImage[];
  readonly index: Document | undefined;
} {
  if (!isList(images)) return { all: [images], index: undefined };
  return { all: images, index: buildIndex(images) };
}

function isList(images: MadeImage | readonly MadeImage[]): images is readonly MadeImage[] {
  return Array.isArray(images);
}
