/** SPDX's list of licences, which is large: loaded by those alone who ask for a spelling. */
import * as SPDX from '@cyclonedx/cyclonedx-library/SPDX';

/** The identifier in its own spelling; undefined for what is none. */
export function spellLicense(identifier: string): string | undefined {
  return SPDX.fixupSpdxId(identifier);
}
