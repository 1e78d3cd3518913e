/** URLs as a document may show them. */

/** Without what could be a secret: user, password, query and fragment. Paths of this host are nobody's business. */
export function publicUrl(text: string | undefined): string | undefined {
  if (text === undefined || text.length > 2000 || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  url.username = '';
  url.password = '';
  url.search = '';
  url.hash = '';
  return url.href;
}
