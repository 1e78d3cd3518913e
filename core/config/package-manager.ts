/** The command that adds a package to a project, in the words of the package manager that the project uses. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Lock file → the command in front of a package's name. */
const COMMANDS: readonly (readonly [lock: string, command: string])[] = [
  ['package-lock.json', 'npm install --save-dev '],
  ['npm-shrinkwrap.json', 'npm install --save-dev '],
  ['pnpm-lock.yaml', 'pnpm add --save-dev '],
  ['yarn.lock', 'yarn add --dev '],
  ['bun.lock', 'bun add --dev '],
  ['bun.lockb', 'bun add --dev '],
  ['deno.lock', 'deno add --dev npm:'],
];

/**
 * As in `npm install --save-dev pyc-s3`. The lock file nearest to the folder decides; npm where there is none.
 *
 * @param directory - absolute
 */
export function installCommand(name: string, directory: string): string {
  for (let at = directory; ; at = dirname(at)) {
    const found = COMMANDS.find(([lock]) => existsSync(join(at, lock)));
    if (found !== undefined) return `${found[1]}${name}`;
    if (dirname(at) === at) return `${COMMANDS[0]![1]}${name}`;
  }
}
