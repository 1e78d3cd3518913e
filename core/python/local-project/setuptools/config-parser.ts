/** The INI dialect of Python's `configparser`, as setuptools reads setup.cfg by it. What its sections mean is not known here. */
import { visible } from '../../../primitives/path.ts';
import { notStatic } from '../not-static.ts';

/** Values by their keys, by their section; all in the order in which they are written. */
export type ConfigSections = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Characters that Python's `str.strip` and JavaScript's `trim` disagree on. */
const ODD_SPACE = /[\v\f\x1c-\x1f\x85\u2028\u2029\ufeff]/;

/**
 * @param text with `\n` at the ends of lines
 * @throws NotStatic for what is no such file, and for values that name others
 */
export function parseConfig(text: string, path: string): ConfigSections {
  if (ODD_SPACE.test(text)) notStatic(`\`${path}\` has unusual white space`);
  const sections = new Map<string, Map<string, string[]>>();
  let section: Map<string, string[]> | undefined;
  let value: string[] | undefined;
  let indent = 0;
  for (const line of text.split('\n')) {
    const content = line.trim();
    if (content === '') value?.push('');
    if (content === '' || content.startsWith('#') || content.startsWith(';')) continue;
    const depth = line.search(/\S/);
    if (value !== undefined && depth > indent) {
      value.push(content);
      continue;
    }
    indent = depth;
    const header = /^\[([^\]]+)\]$/.exec(content)?.[1];
    if (header !== undefined) {
      if (sections.has(header) || header === 'DEFAULT')
        notStatic(`\`${path}\` has the section \`${visible(header.slice(0, 100))}\` as a default or twice`);
      section = new Map();
      sections.set(header, section);
      value = undefined;
      continue;
    }
    const [, key, first] = /^([^=:]*?)\s*[=:]\s*(.*)$/.exec(content) ?? [];
    if (section === undefined || key === undefined || key === '' || section.has(key))
      return notStatic(`\`${path}\` has the line \`${visible(content.slice(0, 100))}\``);
    value = [first!];
    section.set(key, value);
  }
  return new Map(
    [...sections].map(([name, members]) => [
      name,
      new Map([...members].map(([key, lines]) => [key, plainValue(lines.join('\n').trimEnd(), key, path)])),
    ]),
  );
}

/** A percent sign is written twice; one alone begins a reference to another key, or is an error. */
function plainValue(value: string, key: string, path: string): string {
  const rest = value.replaceAll('%%', '');
  if (rest.includes('%'))
    notStatic(`\`${visible(key.slice(0, 100))}\` in \`${path}\` has a percent sign alone`);
  return value.replaceAll('%%', '%');
}
