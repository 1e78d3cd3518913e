/** The files of the AWS command line: sections of `name = value`, in which indented lines belong to the value above. */

/** Section → names → values. */
export type Sections = ReadonlyMap<string, ReadonlyMap<string, string>>;

export function parseIni(text: string): Sections {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    const heading = /^\s*\[([^\]]+)\]/.exec(line)?.[1]?.trim().replaceAll(/\s+/g, ' ');
    if (heading !== undefined) {
      section = sections.get(heading) ?? new Map<string, string>();
      sections.set(heading, section);
      continue;
    }
    const [, name, value] = /^([^\s#;=][^=]*)=(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined)
      section?.set(name.trim().toLowerCase(), value.replace(/\s[#;].*$/, '').trim());
  }
  return sections;
}
