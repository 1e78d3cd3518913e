/** The page of the command line: what `--help` prints, command by command. */

import * as attest from '../../core/cli/commands/attest.ts';
import * as build from '../../core/cli/commands/build.ts';
import * as check from '../../core/cli/commands/check.ts';
import * as config from '../../core/cli/commands/config.ts';
import * as copy from '../../core/cli/commands/copy.ts';
import * as diff from '../../core/cli/commands/diff.ts';
import * as explain from '../../core/cli/commands/explain.ts';
import { COMMANDS } from '../../core/cli/commands/index.ts';
import * as indexCreate from '../../core/cli/commands/index-create.ts';
import * as init from '../../core/cli/commands/init.ts';
import * as inspect from '../../core/cli/commands/inspect.ts';
import * as lock from '../../core/cli/commands/lock.ts';
import * as login from '../../core/cli/commands/login.ts';
import * as logout from '../../core/cli/commands/logout.ts';
import * as ls from '../../core/cli/commands/ls.ts';
import * as plan from '../../core/cli/commands/plan.ts';
import * as rebase from '../../core/cli/commands/rebase.ts';
import * as sbom from '../../core/cli/commands/sbom.ts';
import * as sign from '../../core/cli/commands/sign.ts';
import * as tag from '../../core/cli/commands/tag.ts';
import * as verify from '../../core/cli/commands/verify.ts';
import { overview } from '../../core/cli/overview.ts';
import { GENERATED } from './pages.ts';

const MODULES = {
  attest,
  build,
  check,
  config,
  copy,
  diff,
  explain,
  index: indexCreate,
  init,
  inspect,
  lock,
  login,
  logout,
  ls,
  plan,
  rebase,
  sbom,
  sign,
  tag,
  verify,
} as const;

export function cliPage(): string {
  return [
    GENERATED,
    '',
    '# Command line',
    '',
    'Data goes to standard output, everything else to standard error. `NO_COLOR` and `FORCE_COLOR` are honoured.',
    '',
    '| exit code | meaning |',
    '| --- | --- |',
    '| 0 | done |',
    '| 1 | the build failed |',
    '| 2 | wrong usage or configuration |',
    '| 130 | interrupted |',
    '',
    '```text',
    overview().trimEnd(),
    '```',
    ...COMMANDS.flatMap(({ name }) => [
      '',
      `## pyc ${name}`,
      '',
      '```text',
      helpTextOf(name).trimEnd(),
      '```',
    ]),
    '',
  ].join('\n');
}

function helpTextOf(name: string): string {
  const module = Object.entries(MODULES).find(([known]) => known === name)?.[1];
  if (module === undefined) throw new Error(`the reference does not know the command \`${name}\``);
  return module.help();
}
