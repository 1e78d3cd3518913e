/** Debian's control syntax (deb-control(5), RFC 822-like paragraphs). Knows the syntax only, no field's meaning. */

/** Field names in lower case → value; a folded value keeps its line breaks without the leading blank. */
export type Fields = ReadonlyMap<string, string>;

/** Reads one paragraph; lines that are no field are skipped, the first of two equal fields counts. */
export function parseFields(text: string): Fields {
  const fields = new Map<string, string>();
  let name: string | undefined;
  let value = '';
  const store = (): void => {
    if (name !== undefined && !fields.has(name)) fields.set(name, value);
  };
  for (const line of text.split('\n')) {
    if (line.startsWith(' ') || line.startsWith('\t')) {
      value += `\n${line.slice(1)}`;
      continue;
    }
    store();
    name = undefined;
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    name = line.slice(0, colon).toLowerCase();
    value = line.slice(colon + 1).trim();
  }
  store();
  return fields;
}
