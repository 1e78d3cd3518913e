/** How the version is asked for. */

/** @param argv - without the names of the runtime and the program */
export function asksForVersion([first]: readonly string[]): boolean {
  return first === '--version' || first === '-V' || first === 'version';
}
