/**
 * SBOMs that wheels bring themselves (PEP 770, `.dist-info/sboms/`): CycloneDX and SPDX as JSON. Whoever wrote them is not
 * trusted: what is too large, too deep or malformed is passed over.
 */
import type { Part, PartRecord } from 'pycontainer';
import { readAll } from 'pycontainer';
import { isPackageUrl } from './package-url.ts';
import { plainText } from './plain-text.ts';

/** A component that a wheel's own document lists. */
export interface EmbeddedComponent {
  readonly name: string;
  readonly version?: string;
  readonly purl?: string;
  readonly license?: string;
  /** The document, relative to the root. */
  readonly path: string;
}

const PATH = /\.dist-info\/sboms\/.+\.json$/;
const MAX_DOCUMENT = 16 * 1024 * 1024;
const MAX_DOCUMENTS = 32;
const MAX_COMPONENTS = 5000;
const DEEPEST = 16;

/** Reads the documents of a part, which means to open it: only where its record lists some. */
export async function embeddedComponents(
  part: Part,
  { entries }: PartRecord,
  signal: AbortSignal,
): Promise<readonly EmbeddedComponent[]> {
  const wanted = new Set(
    entries
      .filter((entry) => entry.type === 'file' && PATH.test(entry.path) && entry.size <= MAX_DOCUMENT)
      .slice(0, MAX_DOCUMENTS)
      .map(({ path }) => path),
  );
  if (wanted.size === 0) return [];
  const found: EmbeddedComponent[] = [];
  for await (const [path, entry] of part.entries(signal)) {
    if (entry.type !== 'file' || !wanted.delete(path)) continue;
    const bytes =
      entry.content.bytes ?? (await readAll(entry.content.open(), MAX_DOCUMENT, 'an SBOM of a wheel'));
    found.push(...readEmbedded(bytes, path));
    if (wanted.size === 0) break;
  }
  return found.slice(0, MAX_COMPONENTS);
}

/** What a document lists; nothing where it is none. */
export function readEmbedded(bytes: Uint8Array, path: string): EmbeddedComponent[] {
  const document = parsed(bytes);
  const listed =
    document?.bomFormat === 'CycloneDX'
      ? fromCycloneDx(document.components, 0)
      : typeof document?.spdxVersion === 'string'
        ? fromSpdx(document.packages)
        : [];
  return listed.slice(0, MAX_COMPONENTS).map((one) => ({ ...one, path }));
}

type Found = Omit<EmbeddedComponent, 'path'>;

function fromCycloneDx(components: unknown, depth: number): Found[] {
  if (depth > DEEPEST) return [];
  return tablesIn(components).flatMap((component) => [
    ...foundOf(component.name, component.version, component.purl, cycloneLicense(component.licenses)),
    ...fromCycloneDx(component.components, depth + 1),
  ]);
}

function cycloneLicense(licenses: unknown): unknown {
  const words = tablesIn(licenses).map(({ expression, license }) => {
    const { id, name } = isTable(license) ? license : {};
    return expression ?? id ?? name;
  });
  return words.filter((word) => typeof word === 'string').join(', ');
}

function fromSpdx(packages: unknown): Found[] {
  return tablesIn(packages).flatMap((one) => {
    const purl = tablesIn(one.externalRefs).find(({ referenceType }) => referenceType === 'purl');
    const stated = [one.licenseConcluded, one.licenseDeclared].find(
      (word) => typeof word === 'string' && word !== 'NOASSERTION' && word !== 'NONE',
    );
    return foundOf(one.name, one.versionInfo, purl?.referenceLocator, stated);
  });
}

function foundOf(name: unknown, version: unknown, purl: unknown, license: unknown): Found[] {
  const [named, versioned, licensed] = [name, version, license].map((value) =>
    typeof value === 'string' ? plainText(value, 300) : undefined,
  );
  if (named === undefined) return [];
  return [
    {
      name: named,
      ...(versioned === undefined ? {} : { version: versioned }),
      ...(typeof purl === 'string' && isPackageUrl(purl) ? { purl } : {}),
      // A reference means something in its own document only.
      ...(licensed === undefined || licensed.includes('LicenseRef-') ? {} : { license: licensed }),
    },
  ];
}

type Table = Readonly<Record<string, unknown>>;

function parsed(bytes: Uint8Array): Table | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return isTable(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function tablesIn(value: unknown): Table[] {
  return Array.isArray(value) ? value.filter(isTable).slice(0, MAX_COMPONENTS) : [];
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
