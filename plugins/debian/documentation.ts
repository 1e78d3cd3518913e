/** Which paths of a package are documentation: manuals, translations and the like, but never licences. */

const DROPPED = /^usr\/share\/(?:man|doc|info|locale|lintian|linda|groff|gtk-doc|help|doc-base|bug)\//;
/** Licence texts, a package's own folder, and links to another package's. */
const KEPT = /^usr\/share\/doc\/[^/]+(?:\/copyright(?:\.[^/]*)?)?$/;

/** True for what an image does without. Folders are dropped with what is in them. */
export function isDocumentation(path: string): boolean {
  return DROPPED.test(path) && !KEPT.test(path);
}
