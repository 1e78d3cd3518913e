/**
 * What an image is made of, as plain data: components, where each lies, and what needs what. How a document is written is
 * not known here.
 */
import type { ComponentFacts, Digest } from 'pycontainer';
import { imageUrl, packageUrl } from './package-url.ts';
import { plainText } from './plain-text.ts';

export interface InventoryItem {
  /** Unique in the document. */
  readonly ref: string;
  readonly type: 'application' | 'container' | 'file' | 'library' | 'operating-system' | 'platform';
  readonly name: string;
  readonly version?: string;
  readonly purl?: string;
  readonly facts?: ComponentFacts;
  readonly sha256?: Digest;
  /** Absolute path inside the image that proves the component. */
  readonly location?: string;
  /** The layer in which it came. */
  readonly layer?: { readonly digest: Digest; readonly diffId: Digest };
  /** `base`, or the role of the part that brought it. */
  readonly origin?: string;
  /** As in `linux/arm64`, where a document is about several. */
  readonly platform?: string;
  /** The item that it is a piece of. */
  readonly parent?: string;
  readonly needs: readonly string[];
}

export interface Inventory {
  readonly image: InventoryItem;
  readonly items: readonly InventoryItem[];
}

/** An item before all of them are known. */
export interface Draft extends Omit<InventoryItem, 'needs' | 'parent'> {
  /** Names among the drafts of the same group. */
  readonly wants: readonly string[];
  /** Names mean something only among their kind: the `six` of Debian is not that of PyPI. */
  readonly group: string;
  /** What it needs, whatever that is called. */
  readonly brings?: readonly Draft[];
  readonly within?: Draft | undefined;
}

/** What the whole document is about. */
export interface Subject {
  readonly name: string;
  readonly version?: string | undefined;
  readonly digest: Digest;
  /** OCI's, where it is one platform's image. */
  readonly architecture?: string | undefined;
}

/** Names apart what has one name, and finds what needs what. */
export function inventoryOf(subject: Subject, drafts: readonly Draft[]): Inventory {
  const refs = refsOf(drafts);
  const byName = new Map<string, string>();
  for (const draft of drafts)
    byName.set(`${draft.group} ${draft.facts?.name ?? draft.name}`, refs.get(draft)!);
  const items = drafts.map((draft): InventoryItem => {
    const { wants, group, brings = [], within, ...item } = draft;
    const ref = refs.get(draft)!;
    const needs = [
      ...wants.flatMap((name) => byName.get(`${group} ${name}`) ?? []),
      ...brings.map((one) => refs.get(one)!),
    ];
    const parent = within === undefined ? undefined : refs.get(within);
    return {
      ...item,
      ref,
      ...(parent === undefined ? {} : { parent }),
      needs: [...new Set(needs)].filter((need) => need !== ref).sort(),
    };
  });
  const needed = new Set(items.flatMap((item) => item.needs));
  const roots = items.filter(({ ref, parent }) => parent === undefined && !needed.has(ref));
  return {
    image: imageItem(
      subject,
      roots.map(({ ref }) => ref),
    ),
    items,
  };
}

/** Several platforms' inventories as the one of their index, which holds their images. */
export function joinInventories(
  subject: Subject,
  inventories: readonly { readonly platform: string; readonly inventory: Inventory }[],
): Inventory {
  const items = inventories.flatMap(({ platform, inventory: { image, items: own } }) => {
    const apart = (ref: string): string => `${ref}#${platform}`;
    return [
      { ...image, platform, needs: image.needs.map(apart) },
      ...own.map((item) => ({
        ...item,
        ref: apart(item.ref),
        platform,
        ...(item.parent === undefined ? {} : { parent: apart(item.parent) }),
        needs: item.needs.map(apart),
      })),
    ];
  });
  return {
    image: imageItem(
      subject,
      inventories.map(({ inventory }) => inventory.image.ref),
    ),
    items,
  };
}

/** A component of facts: texts of others are cut to what documents may hold. */
export function draftOf(
  stated: ComponentFacts,
  rest: Pick<Draft, 'type' | 'wants' | 'group' | 'origin'> & Partial<Draft>,
): Draft {
  const { summary, author } = stated;
  const short = { summary: plainText(summary), author: plainText(author, 200) };
  const facts: ComponentFacts = {
    ...without(stated),
    name: plainText(stated.name, 300) ?? '?',
    version: plainText(stated.version, 300) ?? '',
    ...(short.summary === undefined ? {} : { summary: short.summary }),
    ...(short.author === undefined ? {} : { author: short.author }),
  };
  const purl = packageUrl(facts);
  return {
    ref: purl,
    name: facts.name,
    version: facts.version,
    purl,
    facts,
    ...(facts.digest === undefined ? {} : { sha256: facts.digest }),
    ...rest,
  };
}

function without({ summary: _, author: __, ...rest }: ComponentFacts): ComponentFacts {
  return rest;
}

function imageItem(
  { name, version, digest, architecture }: Subject,
  needs: readonly string[],
): InventoryItem {
  const last = name.slice(name.lastIndexOf('/') + 1);
  const purl = imageUrl(last, digest, architecture === undefined ? {} : { arch: architecture });
  return {
    ref: purl,
    type: 'container',
    name,
    ...(version === undefined ? {} : { version }),
    purl,
    sha256: digest,
    needs,
  };
}

/** What is there twice, as pip in the base and in the environment, is told apart by a number. */
function refsOf(drafts: readonly Draft[]): ReadonlyMap<Draft, string> {
  const seen = new Map<string, number>();
  return new Map(
    drafts.map((draft) => {
      const count = (seen.get(draft.ref) ?? 0) + 1;
      seen.set(draft.ref, count);
      return [draft, count > 1 ? `${draft.ref}#${count}` : draft.ref];
    }),
  );
}
