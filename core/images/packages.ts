/** What is in an image, by whatever says it: its layers where they are read, else its SBOM, else names in its history. */
import { variablesOf } from '../oci/over-base.ts';
import type { FoundAttachment } from './attachments/attachments.ts';
import type { BillOfMaterials } from './attachments/bill-of-materials.ts';
import type { FoundImage } from './found-image.ts';
import { namesOfLayers } from './our-layers.ts';
import type { ImageSession } from './session.ts';

export interface ReportedPackage {
  readonly name: string;
  /** Null where only the name is known. */
  readonly version: string | null;
}

/** The Python of an image, as far as it is known. */
export interface ReportedPython {
  readonly version: string;
  readonly implementation: string | null;
  /** As in a wheel's tag: `cp312`. */
  readonly abi: string | null;
  /** As in `glibc-2.36`. */
  readonly libc: string | null;
  readonly interpreter: string | null;
}

export interface ImagePackages {
  readonly from: 'files' | 'sbom' | null;
  readonly python: ReportedPython | null;
  /** By name; null where nothing says it. */
  readonly distributions: readonly ReportedPackage[] | null;
  /** Null where nothing says it: an SBOM may leave the base's out. */
  readonly systemPackages: readonly ReportedPackage[] | null;
  /** Distributions that a layer brought. */
  ofLayer(index: number): readonly ReportedPackage[];
}

/** @param deep true to read the layers */
export async function packagesOf(
  image: FoundImage,
  attachments: readonly FoundAttachment[],
  deep: boolean,
  session: ImageSession,
): Promise<ImagePackages> {
  if (deep) return await packagesInFiles(image, session);
  const bills = attachments.flatMap(({ bill }) => bill ?? []);
  // Several tools may have looked at one image: who names layers knows most.
  const bill = bills.find(({ packages }) => packages.some(({ layer }) => layer !== undefined)) ?? bills[0];
  return bill === undefined ? packagesInHistory(image) : packagesInBill(image, bill);
}

async function packagesInFiles(image: FoundImage, session: ImageSession): Promise<ImagePackages> {
  const { readContents } = await import('./contents/image-contents.ts');
  const { packages, python } = await readContents(image, session);
  const ofKind = (kind: 'python' | 'system'): ReportedPackage[] =>
    unique(packages.filter((one) => one.kind === kind));
  const { target, interpreter } = python ?? {};
  return {
    from: 'files',
    python:
      target === undefined
        ? pythonStated(image)
        : {
            version: target.version,
            implementation: target.implementation,
            abi: target.abi,
            libc: `${target.libc.family}-${target.libc.version}`,
            interpreter: interpreter ?? null,
          },
    distributions: ofKind('python'),
    systemPackages: ofKind('system'),
    ofLayer: (index) => unique(packages.filter(({ layer }) => layer === index)),
  };
}

function packagesInBill(image: FoundImage, bill: BillOfMaterials): ImagePackages {
  const { manifest, config } = image;
  const stated = pythonStated(image);
  const python = bill.python === undefined ? stated : { ...(stated ?? NOTHING_ELSE), version: bill.python };
  return {
    from: 'sbom',
    python,
    distributions: unique(bill.packages.filter(({ kind }) => kind === 'python')),
    systemPackages: bill.listsSystem ? unique(bill.packages.filter(({ kind }) => kind === 'system')) : null,
    ofLayer(index) {
      const own = [manifest.layers[index]?.digest, config.rootfs.diff_ids[index]];
      return unique(
        bill.packages.filter(
          ({ kind, layer }) => kind === 'python' && layer !== undefined && own.includes(layer),
        ),
      );
    },
  };
}

/** The names that a layer of dependencies was given, where they are all of them. */
function packagesInHistory(image: FoundImage): ImagePackages {
  const names = namesOfLayers(image.config);
  return {
    from: null,
    python: pythonStated(image),
    distributions: null,
    systemPackages: null,
    ofLayer(index) {
      const { role, name } = names[index] ?? { role: null, name: '' };
      if (role !== 'dependencies' || / and \d+ more$/.test(name)) return [];
      return name
        .slice('dependencies: '.length)
        .split(', ')
        .map((one) => ({ name: one, version: null }));
    },
  };
}

const NOTHING_ELSE = { implementation: null, abi: null, libc: null, interpreter: null } as const;

/** The variable of official images, which those that are made of them keep. */
function pythonStated({ config }: FoundImage): ReportedPython | null {
  const version = variablesOf(config.config?.Env ?? []).PYTHON_VERSION;
  return version === undefined || !/^3\.\d+\.\d+/.test(version) ? null : { ...NOTHING_ELSE, version };
}

/** Each name and version once, by name. */
function unique(packages: readonly ReportedPackage[]): ReportedPackage[] {
  const seen = new Map(packages.map(({ name, version }) => [`${name} ${version}`, { name, version }]));
  return [...seen.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
