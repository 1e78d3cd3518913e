/**
 * Writes an inventory as SPDX 2.3 JSON. Files are packages of the purpose FILE: SPDX asks for a SHA-1 of what it calls a file,
 * and none is known. The same inventory gives the same bytes.
 */
import { createHash } from 'node:crypto';
import { hexOf, VERSION } from 'pycontainer';
import type { DocumentOptions } from './cyclonedx.ts';
import type { Inventory, InventoryItem } from './inventory.ts';
import { type License, licensesOf } from './licenses.ts';
import { plainText } from './plain-text.ts';
import { publicUrl } from './public-url.ts';

const PURPOSES: Readonly<Record<InventoryItem['type'], string>> = {
  application: 'APPLICATION',
  container: 'CONTAINER',
  file: 'FILE',
  library: 'LIBRARY',
  'operating-system': 'OPERATING-SYSTEM',
  platform: 'FRAMEWORK',
};

/** The document's bytes. */
export function writeSpdx({ image, items }: Inventory, options: DocumentOptions): Uint8Array {
  const licenses = new OwnLicenses();
  const all = [image, ...items];
  const identifiers = new Map(all.map((item, index) => [item.ref, identifierOf(item, index)]));
  const packages = all.map((item) => packageOf(item, identifiers.get(item.ref)!, licenses));
  const document = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: plainText(image.name) ?? 'image',
    documentNamespace: `https://spdx.org/spdxdocs/pycontainer-${options.serialNumber.replace('urn:uuid:', '')}`,
    creationInfo: {
      created: options.timestamp.toISOString().replace(/\.\d+Z$/, 'Z'),
      creators: [`Tool: pycontainer-${VERSION}`],
    },
    packages,
    ...(licenses.used.length === 0 ? {} : { hasExtractedLicensingInfos: licenses.used }),
    relationships: relationshipsOf({ image, items }, identifiers),
  };
  return Buffer.from(`${JSON.stringify(document)}\n`);
}

/** Letters, digits, `.` and `-`; the number keeps what looks alike apart. */
function identifierOf({ type, name }: InventoryItem, index: number): string {
  const words = name
    .slice(0, 60)
    .split(/[^A-Za-z0-9.]+/)
    .filter((word) => word !== '');
  return ['SPDXRef', type, index, ...words].join('-');
}

function packageOf(item: InventoryItem, identifier: string, licenses: OwnLicenses): object {
  const { facts, layer, location, origin, platform } = item;
  const homepage = publicUrl(facts?.homepage);
  // SPDX's form for a person ends in an address in parentheses.
  const author = plainText(facts?.author?.replace(/[()<>].*$/s, ''), 200);
  const found = [
    location === undefined ? undefined : `path ${location}`,
    layer === undefined ? undefined : `layer ${layer.digest} (diffID ${layer.diffId})`,
    origin === undefined ? undefined : `origin ${origin}`,
    platform === undefined ? undefined : `platform ${platform}`,
  ].filter((word) => word !== undefined);
  return {
    SPDXID: identifier,
    name: item.name,
    ...(item.version === undefined || item.version === '' ? {} : { versionInfo: item.version }),
    downloadLocation: publicUrl(facts?.url) ?? 'NOASSERTION',
    filesAnalyzed: false,
    ...(item.sha256 === undefined
      ? {}
      : { checksums: [{ algorithm: 'SHA256', checksumValue: hexOf(item.sha256) }] }),
    ...(homepage === undefined ? {} : { homepage }),
    ...(found.length === 0 ? {} : { sourceInfo: found.join('; ') }),
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: licenses.expressionOf(licensesOf(facts?.license)),
    copyrightText: 'NOASSERTION',
    supplier: 'NOASSERTION',
    ...(author === undefined ? {} : { originator: `Person: ${author}` }),
    ...(facts?.summary === undefined ? {} : { summary: facts.summary }),
    primaryPackagePurpose: PURPOSES[item.type],
    ...(item.purl === undefined
      ? {}
      : {
          externalRefs: [
            {
              referenceCategory: 'PACKAGE-MANAGER',
              referenceType: 'purl',
              referenceLocator: item.purl,
            },
          ],
        }),
  };
}

function relationshipsOf({ image, items }: Inventory, identifiers: ReadonlyMap<string, string>): object[] {
  const edge = (from: string, relationshipType: string, to: string): object => ({
    spdxElementId: identifiers.get(from) ?? from,
    relationshipType,
    relatedSpdxElement: identifiers.get(to)!,
  });
  return [
    edge('SPDXRef-DOCUMENT', 'DESCRIBES', image.ref),
    ...items.map(({ ref, parent }) => edge(parent ?? image.ref, 'CONTAINS', ref)),
    ...items.flatMap(({ ref, needs }) => needs.map((need) => edge(ref, 'DEPENDS_ON', need))),
  ];
}

interface OwnLicense {
  readonly licenseId: string;
  readonly name: string;
  readonly extractedText: string;
}

/** Licences that SPDX has no identifier for: the document gives them one, and says what was stated (SPDX 2.3, section 10). */
class OwnLicenses {
  readonly #known = new Map<string, OwnLicense>();

  get used(): readonly OwnLicense[] {
    return [...this.#known.values()];
  }

  expressionOf(licenses: readonly License[]): string {
    const words = licenses.map((license) => {
      if (license.kind === 'id') return license.id;
      if (license.kind === 'name') return this.#refer(license.name);
      for (const [word] of license.expression.matchAll(/LicenseRef-[A-Za-z0-9.-]+/g)) {
        this.#known.set(word, { licenseId: word, name: word, extractedText: word });
      }
      return licenses.length > 1 ? `(${license.expression})` : license.expression;
    });
    return words.length === 0 ? 'NOASSERTION' : words.join(' AND ');
  }

  #refer(name: string): string {
    const words = name
      .slice(0, 40)
      .split(/[^A-Za-z0-9.]+/)
      .filter((word) => word !== '');
    const mark = createHash('sha256').update(name).digest('hex').slice(0, 8);
    const licenseId = ['LicenseRef', ...words, mark].join('-');
    this.#known.set(licenseId, { licenseId, name, extractedText: name });
    return licenseId;
  }
}
