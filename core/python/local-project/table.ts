/** Reads members of TOML tables for the rooms of this folder: anything of another type than a backend takes is not static. */
import { visible } from '../../primitives/path.ts';
import { notStatic } from './not-static.ts';

export type Table = Readonly<Record<string, unknown>>;

/** Keys that JavaScript moves to the front of an object, so that the order they were written in is lost. */
const MOVED = /^(?:0|[1-9]\d*)$/;

/** An empty one where there is none. */
export function tableAt(table: Table, key: string): Table {
  const value = table[key];
  if (value === undefined) return {};
  return isTable(value) ? value : refuse(key);
}

export function textAt(table: Table, key: string): string | undefined {
  const value = table[key];
  return value === undefined || typeof value === 'string' ? value : refuse(key);
}

export function textsAt(table: Table, key: string): readonly string[] | undefined {
  const value = table[key];
  if (value === undefined) return undefined;
  return isTexts(value) ? value : refuse(key);
}

export function flagAt(table: Table, key: string, fallback: boolean): boolean {
  const value = table[key] ?? fallback;
  return typeof value === 'boolean' ? value : refuse(key);
}

/** The members of a table of texts, in the order in which they are written. */
export function textMembersAt(
  table: Table,
  key: string,
): readonly (readonly [key: string, text: string])[] | undefined {
  if (table[key] === undefined) return undefined;
  return membersOf(tableAt(table, key)).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : refuse(name),
  ]);
}

/** All members, in the order in which they are written. */
export function membersOf(table: Table): readonly (readonly [key: string, value: unknown])[] {
  const members = Object.entries(table);
  const moved = members.find(([name]) => MOVED.test(name));
  return moved === undefined ? members : notStatic(`the key \`${moved[0]}\` is a number`);
}

/** @throws NotStatic naming the first key that is not among those whose meaning is known */
export function onlyKeys(table: Table, known: readonly string[], where: string): void {
  const unknown = Object.keys(table).find((key) => !known.includes(key));
  if (unknown !== undefined) notStatic(`\`${where}\` has \`${visible(unknown.slice(0, 100))}\``);
}

export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function refuse(key: string): never {
  return notStatic(`\`${visible(key.slice(0, 100))}\` is of another type than expected`);
}
