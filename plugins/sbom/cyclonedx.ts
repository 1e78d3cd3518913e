/**
 * Writes an inventory as CycloneDX JSON, 1.6 or 1.7, with the CycloneDX library. The same inventory gives the same
 * bytes. What goes into an inventory is not known here.
 */
// Parts of the library by themselves load in two thirds of the time of the whole.
import * as Enums from '@cyclonedx/cyclonedx-library/Enums';
import * as Models from '@cyclonedx/cyclonedx-library/Models';
import * as Serialize from '@cyclonedx/cyclonedx-library/Serialize';
import * as Spec from '@cyclonedx/cyclonedx-library/Spec';
import { hexOf, VERSION } from 'pycontainer';
import type { Inventory, InventoryItem } from './inventory.ts';
import { type License, licensesOf } from './licenses.ts';
import { publicUrl } from './public-url.ts';

export interface CycloneDxOptions extends DocumentOptions {
  readonly version: '1.6' | '1.7';
}

/** What every document states of itself. */
export interface DocumentOptions {
  /** `urn:uuid:…`. */
  readonly serialNumber: string;
  readonly timestamp: Date;
}

/** What of evidence the library's models do not have (CycloneDX, `component.evidence.occurrences`). */
interface Evidenced {
  readonly 'bom-ref'?: string;
  readonly components?: readonly Evidenced[];
}

const TYPES: Readonly<Record<InventoryItem['type'], Enums.ComponentType>> = {
  application: Enums.ComponentType.Application,
  container: Enums.ComponentType.Container,
  file: Enums.ComponentType.File,
  library: Enums.ComponentType.Library,
  'operating-system': Enums.ComponentType.OperatingSystem,
  platform: Enums.ComponentType.Platform,
};

/** The document's bytes. */
export function writeCycloneDx({ image, items }: Inventory, options: CycloneDxOptions): Uint8Array {
  const components = new Map(items.map((item) => [item.ref, componentOf(item)]));
  const subject = componentOf(image);
  for (const item of [image, ...items]) {
    const component = item === image ? subject : components.get(item.ref)!;
    for (const need of item.needs) component.dependencies.add(components.get(need)!.bomRef);
  }
  const top: Models.Component[] = [];
  for (const item of items) {
    const component = components.get(item.ref)!;
    const parent = item.parent === undefined ? undefined : components.get(item.parent);
    if (parent === undefined) top.push(component);
    else parent.components.add(component);
  }
  const bom = new Models.Bom({
    serialNumber: options.serialNumber,
    version: 1,
    components: new Models.ComponentRepository(top),
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
  const factory = new Serialize.JSON.Normalize.Factory(
    options.version === '1.7' ? Spec.Spec1dot7 : Spec.Spec1dot6,
  );
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
    licenses: new Models.LicenseRepository(licensesOf(facts?.license).map(licenseOf)),
    ...(item.sha256 === undefined
      ? {}
      : { hashes: new Models.HashDictionary([[Enums.HashAlgorithm['SHA-256'], hexOf(item.sha256)]]) }),
    externalReferences: new Models.ExternalReferenceRepository(referencesOf(item)),
    properties: new Models.PropertyRepository(propertiesOf(item)),
  });
}

function licenseOf(license: License): Models.License {
  if (license.kind === 'id') return declared(new Models.SpdxLicense(license.id));
  if (license.kind === 'expression') return declared(new Models.LicenseExpression(license.expression));
  return declared(new Models.NamedLicense(license.name));
}

function declared<T extends Models.License>(license: T): T {
  license.acknowledgement = Enums.LicenseAcknowledgement.Declared;
  return license;
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

function propertiesOf({ layer, origin, platform }: InventoryItem): Models.Property[] {
  return [
    ...(origin === undefined ? [] : [new Models.Property('pycontainer:origin', origin)]),
    ...(platform === undefined ? [] : [new Models.Property('pycontainer:platform', platform)]),
    ...(layer === undefined
      ? []
      : [
          new Models.Property('pycontainer:layer:digest', layer.digest),
          new Models.Property('pycontainer:layer:diffId', layer.diffId),
        ]),
  ];
}
