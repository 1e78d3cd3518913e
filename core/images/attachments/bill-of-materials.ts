/** What an SBOM says is in an image: CycloneDX and SPDX as JSON, whoever wrote them. Where the document came from is not known here. */
import { type Digest, isDigest } from '../../primitives/digest.ts';
import { normalizeName } from '../../python/index.ts';

/** Something that was installed. */
export interface BilledPackage {
  /** `system` for what the system's package manager has. */
  readonly kind: 'python' | 'system' | 'other';
  /** Normalised where it is a distribution of Python's. */
  readonly name: string;
  readonly version: string;
  /** Digest or diffID of the layer that brought it, where the document says so. */
  readonly layer?: Digest;
}

export interface BillOfMaterials {
  /** As in `CycloneDX 1.6`. */
  readonly format: string;
  /** All that it lists, of whatever kind. */
  readonly components: number;
  readonly packages: readonly BilledPackage[];
  /** The version of the interpreter, where it is listed as one. */
  readonly python?: string;
  /** True where the contents of the base are listed as well. */
  readonly listsSystem: boolean;
}

const SYSTEM = new Set(['deb', 'rpm', 'apk', 'alpm']);
/** What these are is no package. */
const NOT_INSTALLED = new Set(['container', 'operating-system', 'platform', 'file', 'device']);
/** Of our documents, and of syft's, which has the diffID. */
const LAYER_PROPERTIES = ['pycontainer:layer:digest', 'syft:location:0:layerID'];

/** Undefined for what is neither. Entries that are no components are passed over. */
export function readBill(bytes: Uint8Array): BillOfMaterials | undefined {
  const document = parsed(bytes);
  if (document?.bomFormat === 'CycloneDX') return readCycloneDx(document);
  if (typeof document?.spdxVersion === 'string') return readSpdx(document, document.spdxVersion);
  return undefined;
}

function readCycloneDx(document: Fields): BillOfMaterials {
  const components = flattened(objectsIn(document.components));
  const python = components.find(({ type, name }) => type === 'platform' && name === 'python');
  return bill(
    `CycloneDX ${textOf(document.specVersion)}`,
    components.length,
    components
      .filter(({ type }) => !NOT_INSTALLED.has(textOf(type)))
      .flatMap((component) =>
        packageOf(component.name, component.version, component.purl, layerOf(component)),
      ),
    python?.version,
  );
}

function readSpdx(document: Fields, version: string): BillOfMaterials {
  const packages = objectsIn(document.packages);
  return bill(
    version.replace('-', ' '),
    packages.length,
    packages.flatMap(({ name, versionInfo, externalRefs, primaryPackagePurpose }) => {
      if (/^(?:CONTAINER|OPERATING-SYSTEM)$/.test(textOf(primaryPackagePurpose))) return [];
      const purl = objectsIn(externalRefs).find(({ referenceType }) => referenceType === 'purl');
      return packageOf(name, versionInfo, purl?.referenceLocator, undefined);
    }),
    undefined,
  );
}

function bill(
  format: string,
  components: number,
  packages: readonly BilledPackage[],
  python: unknown,
): BillOfMaterials {
  return {
    format: format.slice(0, 40),
    components,
    packages,
    ...(typeof python === 'string' ? { python } : {}),
    listsSystem: packages.some(({ kind }) => kind === 'system'),
  };
}

/** A package URL says what kind of thing a name is of (purl specification). */
function packageOf(
  name: unknown,
  version: unknown,
  purl: unknown,
  layer: Digest | undefined,
): BilledPackage[] {
  if (typeof name !== 'string' || name === '') return [];
  const type = /^pkg:([a-z0-9.+-]+)\//.exec(textOf(purl))?.[1] ?? '';
  const kind = type === 'pypi' ? 'python' : SYSTEM.has(type) ? 'system' : 'other';
  return [
    {
      kind,
      name: kind === 'python' ? normalizeName(name) : name,
      version: textOf(version),
      ...(layer === undefined ? {} : { layer }),
    },
  ];
}

function layerOf({ properties }: Fields): Digest | undefined {
  const found = objectsIn(properties).find(({ name }) => LAYER_PROPERTIES.includes(textOf(name)));
  return isDigest(found?.value) ? found.value : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function parsed(bytes: Uint8Array): Fields | undefined {
  try {
    const document: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return isObject(document) ? document : undefined;
  } catch {
    return undefined;
  }
}

/** Components of components stand behind those that hold them. */
function flattened(components: readonly Fields[], depth = 0): Fields[] {
  if (depth > 16) return [];
  return components.flatMap((one) => [one, ...flattened(objectsIn(one.components), depth + 1)]);
}

function objectsIn(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
