/**
 * Bun fetches a package that is missing from npm, and runs it, where no `node_modules` lies above whoever imports it. A
 * name that was misspelt must not do that. This module tells where it would; what is said then is for its callers.
 */
import { isOwnModule } from './first-party.ts';
import { findPackage, packageNameOf } from './plugin-package.ts';

/** @param file - absolute path of the module that imports by the name */
export function wouldFetch(specifier: string, file: string): boolean {
  if (!('Bun' in globalThis) || isOwnModule(specifier)) return false;
  const name = packageNameOf(specifier);
  return name !== undefined && findPackage(name, file) === undefined;
}
