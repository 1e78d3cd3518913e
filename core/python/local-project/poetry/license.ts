/** The licence of a poetry project, and the classifier that poetry-core adds for one that is no SPDX expression. */
import { notStatic } from '../not-static.ts';

export interface PoetryLicense {
  /** The value of the field `License`. */
  readonly id: string;
  readonly classifier: string;
}

/** Licences whose classifier is known here; of others it depends on a list that poetry-core brings. */
const CLASSIFIERS: Readonly<Record<string, string>> = {
  MIT: 'OSI Approved :: MIT License',
  'Apache-2.0': 'OSI Approved :: Apache Software License',
  'BSD-2-Clause': 'OSI Approved :: BSD License',
  'BSD-3-Clause': 'OSI Approved :: BSD License',
  ISC: 'OSI Approved',
  'MPL-2.0': 'OSI Approved',
  'GPL-2.0-only': 'OSI Approved :: GNU General Public License v2 (GPLv2)',
  'GPL-2.0-or-later': 'OSI Approved :: GNU General Public License v2 or later (GPLv2+)',
  'GPL-3.0-only': 'OSI Approved :: GNU General Public License v3 (GPLv3)',
  'GPL-3.0-or-later': 'OSI Approved :: GNU General Public License v3 or later (GPLv3+)',
  'LGPL-3.0-only': 'OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)',
  'LGPL-3.0-or-later': 'OSI Approved :: GNU Lesser General Public License v3 or later (LGPLv3+)',
  'AGPL-3.0-only': 'OSI Approved :: GNU Affero General Public License v3',
  'AGPL-3.0-or-later': 'OSI Approved :: GNU Affero General Public License v3 or later (AGPLv3+)',
  Proprietary: 'Other/Proprietary License',
};

export function poetryLicense(text: string): PoetryLicense {
  const id = Object.keys(CLASSIFIERS).find((known) => known.toLowerCase() === text.toLowerCase());
  if (id !== undefined) return { id, classifier: `License :: ${CLASSIFIERS[id]}` };
  // The text of a licence is no licence's name.
  if (text.trim().includes('\n')) return { id: text, classifier: 'License :: Other/Proprietary License' };
  return notStatic(`the licence \`${text.slice(0, 60)}\` is not among those whose classifier is known`);
}
