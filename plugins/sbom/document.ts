/**
 * Writes an inventory as CycloneDX 1.6 JSON with the CycloneDX library. The same inventory gives the same
 * bytes. What goes into an inventory is not known here.
 */
// Parts of the library by themselves load in two thirds of the time of the whole.
import * as Enums from '@cyclonedx/cyclonedx-library/Enums';
import * as Models from '@cyclonedx/cyclonedx-library/Models';
import * as Serialize from '@cyclonedx/cyclonedx-library/Serialize';
import * as SPDX from '@cyclonedx/cyclonedx-library/SPDX';
import * as Spec from '@cyclonedx/cyclonedx-library/Spec';
import { hexOf, VERSION } from 'pycontainer';
import spdxParse from 'spdx-expression-parse';
import type { Inventory, InventoryItem } from './inventory.ts';

export interface DocumentOptions {
  /** `urn:uuid:…`. */
  readonly serialNumber: string;
  readonly timestamp: Date;
}

/** What of evidence the library's models do not have (CycloneDX 1.6, `component.evidence.occurrences`). */
interface Evidenced {
  readonly 'bom-ref'?: string;
  readonly components?: readonly Evidenced[];
}

const TYPES: Readonly<Record<InventoryItem['type'], Enums.ComponentType>> = {
  application: Enums.ComponentType.Application,
  container: Enums.ComponentType.Container,
  library: Enums.ComponentType.Library,
  'operating-system': Enums.ComponentType.OperatingSystem,
  platform: Enums.ComponentType.Platform,
};

/** The document's bytes. */
export function writeDocument({ image, items }: Inventory, options: DocumentOptions): Uint8Array {
  const components = new Map(items.map((item) => [item.ref, componentOf(item)]));
  const subject = componentOf(image);
  for (const item of [image, ...items]) {
    const component = item === image ? subject : components.get(item.ref)!;
    for (const need of item.needs) component.dependencies.add(components.get(need)!.bomRef);
  }
  const bom = new Models.Bom({
    serialNumber: options.serialNumber,
    version: 1,
    components: new Models.ComponentRepository(components.values()),
    metadata: new Models.Metadata({
      timestamp: options.timestamp,
      lifecycles: new Models.LifecycleRepository([Enums.LifecyclePhase.Build]),
      tools: new Models.Tools({
        components: new Models.ComponentRepository([
          new Models.Component(Enums.ComponentType.Application, 'pycontainer', { version: VERSION }),
        ]),
      }),
      component: subject,
    }),
  });
  const factory = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  const normal = factory.makeForBom().normalize(bom, { sortLists: true });
  return Buffer.from(`${JSON.stringify(withEvidence(normal, items))}\n`);
}

function withEvidence(normal: Evidenced, items: readonly InventoryItem[]): unknown {
  const locations = new Map(items.map(({ ref, location }) => [ref, location]));
  return {
    ...normal,
    components: (normal.components ?? []).map((component) => {
      const location = locations.get(component['bom-ref'] ?? '');
      return location === undefined ? component : { ...component, evidence: { occurrences: [{ location }] } };
    }),
  };
}

function componentOf(item: InventoryItem): Models.Component {
  const { facts } = item;
  return new Models.Component(TYPES[item.type], item.name, {
    bomRef: item.ref,
    ...(item.version === undefined || item.version === '' ? {} : { version: item.version }),
    ...(item.purl === undefined ? {} : { purl: item.purl }),
    ...(facts?.summary === undefined ? {} : { description: facts.summary }),
    ...(facts?.author === undefined ? {} : { author: facts.author }),
    ...(facts?.license === undefined || facts.license.trim() === ''
      ? {}
      : { licenses: new Models.LicenseRepository([licenseOf(facts.license)]) }),
    ...(item.sha256 === undefined
      ? {}
      : { hashes: new Models.HashDictionary([[Enums.HashAlgorithm['SHA-256'], hexOf(item.sha256)]]) }),
    externalReferences: new Models.ExternalReferenceRepository(referencesOf(item)),
    properties: new Models.PropertyRepository(propertiesOf(item)),
  });
}

/** An SPDX identifier or expression where it is one (PEP 639), else a name: the first line of what is stated. */
function licenseOf(text: string): Models.License {
  const stated = text.trim();
  const identifier: boolean = SPDX.isSupportedSpdxId(stated);
  if (identifier) return declared(new Models.SpdxLicense(stated));
  if (isExpression(stated)) return declared(new Models.LicenseExpression(stated));
  return declared(new Models.NamedLicense(stated.split('\n', 1)[0]!.trim().slice(0, 200)));
}

function declared<T extends Models.License>(license: T): T {
  license.acknowledgement = Enums.LicenseAcknowledgement.Declared;
  return license;
}

function isExpression(text: string): boolean {
  try {
    spdxParse(text);
    return true;
  } catch {
    return false;
  }
}

function referencesOf({ facts }: InventoryItem): Models.ExternalReference[] {
  const { ExternalReferenceType } = Enums;
  const website = publicUrl(facts?.homepage);
  const distribution = publicUrl(facts?.url);
  return [
    ...(website === undefined ? [] : [new Models.ExternalReference(website, ExternalReferenceType.Website)]),
    ...(distribution === undefined
      ? []
      : [new Models.ExternalReference(distribution, ExternalReferenceType.Distribution)]),
  ];
}

/** Without what could be a secret: user, password, query and fragment. Paths of this host are none's business. */
function publicUrl(text: string | undefined): string | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  url.username = '';
  url.password = '';
  url.search = '';
  url.hash = '';
  return url.href;
}

function propertiesOf({ layer, origin }: InventoryItem): Models.Property[] {
  return [
    ...(origin === undefined ? [] : [new Models.Property('pycontainer:origin', origin)]),
    ...(layer === undefined
      ? []
      : [
          new Models.Property('pycontainer:layer:digest', layer.digest),
          new Models.Property('pycontainer:layer:diffId', layer.diffId),
        ]),
  ];
}
