/** A finished image as a test looks at it: read back from the layout that it was written to, nothing left lazy. */
import { parseImageDocument } from '../oci/document.ts';
import type { ConfigDocument, Manifest } from '../oci/image.ts';
import { readDocument, readIndex } from '../oci/layout/folder.ts';
import { readLayout } from '../oci/layout.ts';
import { parsePlatform } from '../oci/platform.ts';
import type { ReportedImage, ReportedLayer } from '../pipeline/report.ts';
import type { Digest } from '../primitives/digest.ts';
import { type ImageFiles, readFilesOf } from './image-files.ts';

/** A layer, and the paths that it states. */
export interface BuiltImageLayer extends ReportedLayer {
  readonly paths: readonly string[];
}

/** A document that belongs to an image. */
export interface BuiltAttachment {
  /** The artifact's type, as in `application/vnd.cyclonedx+json`. */
  readonly type: string;
  readonly mediaType: string;
  /** Of the manifest that it belongs to. */
  readonly subject: Digest;
  readonly annotations: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  /** The bytes as UTF-8. */
  text(): string;
}

/** One platform's image. What the report says of it is here as well. */
export interface BuiltImage extends Omit<ReportedImage, 'digest' | 'layers'> {
  /** Of the manifest. */
  readonly digest: Digest;
  /** What a process finds, by path without a leading slash; all layers, those of the base among them. */
  readonly files: ImageFiles;
  /** The configuration as it is written (image specification, "Image Configuration"). */
  readonly config: ConfigDocument;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the manifest. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly workdir: string;
  /** From the base up. */
  readonly layers: readonly BuiltImageLayer[];
  readonly attachments: readonly BuiltAttachment[];
}

/**
 * Reads an image of a layout.
 *
 * @param layout - a folder that holds one build, under whichever tags
 * @throws what reading layouts and layers throws for one that is damaged
 */
export async function readBuiltImage(
  layout: string,
  reported: ReportedImage,
  attachments: readonly BuiltAttachment[],
): Promise<BuiltImage> {
  const image = await readLayout(layout, { platform: parsePlatform(reported.platform) });
  const { files, layers } = await readFilesOf(image);
  const { config } = image.config;
  const digest = image.manifest!.descriptor.digest;
  return {
    ...reported,
    digest,
    files,
    config: image.config,
    labels: config?.Labels ?? {},
    annotations: image.annotations ?? {},
    env: Object.fromEntries((config?.Env ?? []).map(splitVariable)),
    entrypoint: config?.Entrypoint ?? [],
    cmd: config?.Cmd ?? [],
    workdir: config?.WorkingDir ?? '',
    layers: reported.layers.map((layer, index) => ({ ...layer, paths: layers[index] ?? [] })),
    attachments: attachments.filter(({ subject }) => subject === digest),
  };
}

/** What is attached to the images of a layout. */
export async function readAttachments(layout: string): Promise<readonly BuiltAttachment[]> {
  const index = await readIndex(layout);
  const entries = (index?.manifests ?? []).filter(({ artifactType }) => artifactType !== undefined);
  return Promise.all(
    entries.map(async (entry) => {
      const document = parseImageDocument(await readDocument(layout, entry), `\`${entry.digest}\``);
      const { artifactType, subject, layers, annotations } = document.value as Manifest;
      const bytes = await readDocument(layout, layers[0]!);
      return {
        type: artifactType!,
        mediaType: layers[0]!.mediaType,
        subject: subject!.digest,
        annotations: annotations ?? {},
        bytes,
        text: () => Buffer.from(bytes).toString(),
      };
    }),
  );
}

function splitVariable(line: string): [name: string, value: string] {
  const at = line.indexOf('=');
  return at === -1 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}
