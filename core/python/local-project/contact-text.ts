/** Authors and maintainers as the fields of METADATA that most backends make of them. */
import type { DeclaredContact } from './declared-project.ts';
import { notStatic } from './not-static.ts';

export interface ContactFields {
  /** Names of those without an address; undefined where there are none. */
  readonly names: string | undefined;
  /** Addresses, with names where they are stated. */
  readonly emails: string | undefined;
}

/** What needs no quoting in an address; others are left to Python's own parser. */
const ADDRESS =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/;

/** As Python's `email.headerregistry.Address` prints them. @throws NotStatic for unusual addresses */
export function contactFields(contacts: readonly DeclaredContact[] = []): ContactFields {
  const names: string[] = [];
  const emails: string[] = [];
  for (const { name = '', email = '' } of contacts) {
    if (email === '') names.push(name);
    else if (!ADDRESS.test(email)) notStatic(`\`${email.slice(0, 100)}\` is an unusual address`);
    else emails.push(name === '' ? email : `${quotedName(name)} <${email}>`);
  }
  return { names: joinedOrNone(names), emails: joinedOrNone(emails) };
}

function quotedName(name: string): string {
  return /[()<>@,:;.\\"[\]]/.test(name) ? `"${name.replace(/[\\"]/g, '\\$&')}"` : name;
}

function joinedOrNone(list: readonly string[]): string | undefined {
  return list.length === 0 ? undefined : list.join(', ');
}
