#!/usr/bin/env node
/** The program. It answers `--version` by itself, as quick as the runtime; whatever runs the commands is loaded for them. */
import { VERSION } from '../primitives/version.ts';
import { programArguments } from './arguments.ts';
import { asksForVersion } from './version-request.ts';

const argv = programArguments();
if (asksForVersion(argv)) {
  // Not through the process's stream, which takes Bun and Deno longer to make than all the rest.
  console.log(VERSION);
} else {
  const { runProcess } = await import('./process.ts');
  await runProcess(argv);
}
