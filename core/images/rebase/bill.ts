/**
 * Our own SBOM for an image on another base: what is said of the image's layers stays, what is said of the base is said anew. What
 * is in the new base is not listed, since its layers are not read; it is named by its digest.
 */
import { type Digest, digestOfJson, hexOf } from '../../primitives/digest.ts';
import type { BillChange } from './referrers.ts';

interface Component {
  readonly 'bom-ref'?: string;
  readonly type?: string;
  readonly name?: string;
  readonly properties?: readonly { readonly name?: string; readonly value?: string }[];
}

interface Bill {
  readonly serialNumber?: string;
  readonly metadata?: { readonly tools?: { readonly components?: readonly Component[] } };
  readonly components?: readonly Component[];
  readonly dependencies?: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

/** Undefined for a document that pycontainer did not write. `wasCut`: the old base's contents were listed. */
export function rewriteBill(
  bytes: Uint8Array,
  change: BillChange,
): { readonly bytes: Uint8Array; readonly wasCut: boolean } | undefined {
  const text = Buffer.from(bytes).toString('utf8');
  if (!isOurs(text)) return undefined;
  const bill = JSON.parse(replaced(text, change.moved)) as Bill;
  const components = bill.components ?? [];
  const refs = new Map<string, string | undefined>();
  const kept = components.flatMap((component) => {
    if (!isBases(component)) return [component];
    const made = ofNewBase(component, change);
    const ref = component['bom-ref'];
    if (ref !== undefined) refs.set(ref, made?.['bom-ref']);
    return made === undefined ? [] : [made];
  });
  const moved = (ref: string): string[] => {
    const to = refs.has(ref) ? refs.get(ref) : ref;
    return to === undefined ? [] : [to];
  };
  const written = {
    ...bill,
    serialNumber: serialNumberOf(bill.serialNumber, change.manifest.descriptor.digest),
    components: kept,
    dependencies: (bill.dependencies ?? []).flatMap(({ ref, dependsOn }) =>
      moved(ref).map((to) => ({
        ref: to,
        ...(dependsOn === undefined ? {} : { dependsOn: dependsOn.flatMap(moved) }),
      })),
    ),
  };
  return {
    bytes: Buffer.from(`${JSON.stringify(written)}\n`),
    wasCut: kept.length < components.length,
  };
}

function isOurs(text: string): boolean {
  try {
    const { metadata } = JSON.parse(text) as Bill;
    return metadata?.tools?.components?.some(({ name }) => name === 'pycontainer') === true;
  } catch {
    return false;
  }
}

/** A digest is nowhere by chance: in references, package URLs, hashes and properties alike it means the same thing. */
function replaced(text: string, moved: BillChange['moved']): string {
  return moved.reduce((said, [from, to]) => said.replaceAll(hexOf(from), hexOf(to)), text);
}

function isBases({ properties = [] }: Component): boolean {
  return properties.some(({ name, value }) => name === 'pycontainer:origin' && value === 'base');
}

/** The interpreter and the base itself are known; undefined for anything else. */
function ofNewBase(component: Component, { base, next, python }: BillChange): Component | undefined {
  const { type, name } = component;
  if (type === 'platform' && name === 'python') {
    const purl = `pkg:generic/python@${python}`;
    return { ...component, 'bom-ref': purl, ...{ version: python, purl } };
  }
  const digest = next.manifest?.descriptor.digest;
  if (type !== 'container' || digest === undefined) return undefined;
  const { shown, purl } = namesOf(base, digest);
  return {
    ...component,
    'bom-ref': purl,
    ...{ name: shown, purl, hashes: [{ alg: 'SHA-256', content: hexOf(digest) }] },
  };
}

/** As the plugin that writes SBOMs names a base: of one on this host the last word of its path. */
function namesOf(
  { reference, isLocal }: BillChange['base'],
  digest: Digest,
): { shown: string; purl: string } {
  const repository = reference.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
  const shown = isLocal
    ? (reference.split(/[/:\\]/).findLast((word) => word !== '') ?? reference)
    : reference;
  const last = (isLocal ? shown : repository).split('/').at(-1)!.toLowerCase();
  const from = isLocal ? '' : `?repository_url=${encodeURIComponent(repository)}`;
  return { shown, purl: `pkg:oci/${encodeURIComponent(last)}@${digest}${from}` };
}

/** A UUID of version 8 (RFC 9562, section 5.8): the same rebase has the same number. */
function serialNumberOf(before: string | undefined, digest: Digest): string {
  const hex = hexOf(digestOfJson({ what: 'SBOM on another base', before: before ?? null, digest }));
  const variant = ((Number.parseInt(hex[16]!, 16) & 0x3) | 0x8).toString(16);
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
