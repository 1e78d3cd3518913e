/** `sbom`: the list of contents of a project's image or of one that exists, and which files of ours no component claims. */
import { type BuildOptions, buildAdjusted } from './build.ts';
import { loadSbom, type SbomFormat } from './config/first-party.ts';
import { type ImageOptions, type ImageVerbReport, runImageVerb } from './image-session.ts';
import type { Layer } from './oci/image.ts';
import type { Plugin } from './pipeline/plugin.ts';
import type { Config } from './pipeline/settings.ts';
import type { FinishedBuild } from './pipeline/values.ts';
import { VERSION } from './primitives/version.ts';

export type { SbomFormat } from './config/first-party.ts';

/** What {@link describeProject} takes. */
export interface DescribeProjectOptions extends BuildOptions {
  /** Default `cyclonedx`. */
  readonly format?: SbomFormat | undefined;
  /** True: also the files of layers that pycontainer wrote which no component claims. */
  readonly audit?: boolean | undefined;
}

/** What {@link describeImage} takes. */
export interface DescribeImageOptions extends ImageOptions {
  /** `REF`, `layout:DIR[:TAG]` or `archive:FILE[:TAG]`. */
  readonly image: string;
  readonly platform?: string | undefined;
  readonly format?: SbomFormat | undefined;
  readonly audit?: boolean | undefined;
}

export interface DescribedImage {
  /** The image's name, or its reference. */
  readonly name: string;
  /** `build`: of a build; `attached`: a document that hangs on the image; `files`: made of the image's own files. */
  readonly from: 'build' | 'attached' | 'files';
  /** The document as it would be attached: JSON, one line where it is of ours. */
  readonly document: string;
  /** Absolute paths in the image; null where they were not looked for. */
  readonly unclaimed: readonly string[] | null;
}

export type SbomReport = ImageVerbReport & { readonly documents: readonly DescribedImage[] };

const SCHEME = 'described';

/** Builds without writing an output, and gives the documents: of the index for several platforms. Never rejects. */
export async function describeProject(options: DescribeProjectOptions): Promise<SbomReport> {
  const { format = 'cyclonedx', audit = false, ...rest } = options;
  const documents: DescribedImage[] = [];
  const adjust = (values: Config): Config => {
    const { push: _, load: __, ...others } = values;
    const plugins = [...(values.plugins ?? []), describing(format, audit, documents)];
    return { ...others, outputs: [`${SCHEME}:image`], plugins };
  };
  const { ok, error, warnings, timings } = await buildAdjusted(rest, adjust, 'sbom');
  return {
    schemaVersion: 1,
    command: 'sbom',
    pycontainer: VERSION,
    ok,
    documents: ok ? documents : [],
    warnings,
    error,
    timings: { total: timings.total ?? 0 },
  };
}

/** The document that is attached to an image, else one of what its own files say. Never rejects. */
export function describeImage(options: DescribeImageOptions): Promise<SbomReport> {
  return runImageVerb<{ documents: readonly DescribedImage[] }>(
    'sbom',
    options,
    { documents: [] },
    async (session) => {
      const [{ billOf }, { describeFiles, unclaimedFiles }] = await Promise.all([
        import('./images/sbom.ts'),
        loadSbom(),
      ]);
      const { image: place, platform, format = 'cyclonedx', audit = false } = options;
      const found = await billOf({ place, platform, format, audit }, describeFiles, session);
      const unclaimed = audit ? await unclaimedFiles(found.layers, found.claims, session.signal) : null;
      const { name, from, document } = found;
      return { documents: [{ name, from, document, unclaimed }] };
    },
  );
}

/** A plugin that is the only destination, and keeps what is said of what comes there. */
function describing(format: SbomFormat, audit: boolean, documents: DescribedImage[]): Plugin {
  return {
    name: SCHEME,
    apply(hooks, api) {
      hooks.destination.tap(SCHEME, ({ scheme, spec }) => {
        if (scheme !== SCHEME) return undefined;
        return {
          name: spec,
          async publish(build, { signal }) {
            const { describeBuild, unclaimedFiles } = await loadSbom();
            const bytes = await describeBuild(build, format, api);
            const unclaimed: string[] = [];
            for (const image of audit ? build.images : []) {
              const own = await describeBuild({ images: [image] }, 'cyclonedx', api);
              unclaimed.push(...(await unclaimedFiles(ownLayers(image), own, signal)));
            }
            documents.push({
              name: build.name,
              from: 'build',
              document: Buffer.from(bytes).toString('utf8'),
              unclaimed: audit ? [...new Set(unclaimed)].sort() : null,
            });
            const { digest } = (build.index ?? build.images[0]!.manifest).descriptor;
            return {
              destination: spec,
              reference: build.name,
              digest,
              bytesUploaded: 0,
              blobsUploaded: 0,
              blobsMounted: 0,
              blobsPresent: 0,
            };
          },
        };
      });
    },
  };
}

function ownLayers({ layers }: FinishedBuild['images'][number]): readonly Layer[] {
  return layers.filter(({ role }) => role !== 'base');
}
