/** How the document calls a base. */

/** A reference as others may read it: of an image on this host the name alone, since its folder is nobody's business. */
export function baseNameOf(reference: string): { readonly name: string; readonly isLocal: boolean } {
  const isLocal = /^[a-z-]*(?:layout|archive):/.test(reference);
  const name = isLocal ? reference.split(/[/:\\]/).findLast((word) => word !== '') : reference;
  return { name: name ?? reference, isLocal };
}
