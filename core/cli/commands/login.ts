/** `pyc login`: checks a password with a registry and keeps it where other tools find it as well. */
import { Command, Option } from 'commander';
import type { ExitCode, Io } from '../io.ts';
import { canAsk, createQuestions } from '../questions.ts';
import { formatError } from '../render/fault.ts';
import { formatLoginPlace } from '../render/login-place.ts';
import { safe } from '../render/safe-text.ts';
import { styleOf } from '../render/style.ts';
import { UsageError } from '../usage-error.ts';
import { helpOf, parse, warnOfUsage } from './options.ts';
import { readPassword } from './password.ts';

interface Values {
  readonly username?: string;
  readonly passwordStdin?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
REGISTRY is a host, or a host with a namespace; without one it is Docker Hub. The registry checks the password before it
is kept: in the credential helper that is configured for it, else in the file that \`podman login\` writes.

Examples:
  pyc login ghcr.io --username me                      asks for the password
  echo "$TOKEN" | pyc login ghcr.io --username me --password-stdin
  pyc login registry.example.com/team --username me    for the repositories below team alone
`;

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  const parsed = parse<Values>(command(), argv, io);
  if (parsed === 'helped') return 0;
  const { directory: registry, values } = parsed;
  const account = await accountOf(values, io);
  if (account === undefined) return 130;
  const style = styleOf(io.stderr, io.env);
  const { login } = await import('../../index.ts');
  const report = await login({
    account,
    cwd: io.cwd,
    env: io.env,
    signal: io.signal,
    ...(registry === undefined ? {} : { registry }),
  });
  if (values.json === true) io.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  if (report.error !== null) {
    io.stderr.write(formatError(report.error, style));
    return report.error.exitCode;
  }
  if (!report.checked) {
    const open = `\`${report.registry}\` asks nobody for a password, so that this one was not checked`;
    warnOfUsage(open, 'look whether this is the registry that you mean', io);
  }
  const place = report.storedIn === null ? '' : formatLoginPlace(report.storedIn, io.cwd);
  io.stderr.write(`logged in to ${safe(report.registry ?? '')}: kept in ${safe(place)}\n`);
  return 0;
}

export function help(): string {
  return helpOf(command());
}

function command(): Command {
  return new Command('pyc login')
    .description('Logs in to a registry.')
    .usage('[REGISTRY] [options]')
    .argument('[REGISTRY]', 'as in ghcr.io (default: Docker Hub)')
    .configureHelp({ sortOptions: false })
    .addOption(new Option('--username <name>', 'whose password it is'))
    .addOption(new Option('--password-stdin', 'read the password from standard input'))
    .addOption(new Option('--json', 'print what became of it as one JSON document'))
    .addHelpOption(new Option('-h, --help', 'print this'))
    .addHelpText('after', EXAMPLES);
}

/** Undefined where the user gave up. @throws UsageError where there is nobody to ask */
async function accountOf(
  { username: stated, passwordStdin }: Values,
  io: Io,
): Promise<{ readonly username: string; readonly password: string } | undefined> {
  if (passwordStdin === true && stated !== undefined)
    return { username: checked(stated), password: await readPassword(io.stdin) };
  if (passwordStdin === true || !canAsk(io)) {
    throw new UsageError('the user name or the password is missing, and there is no terminal to ask on', {
      hint: 'write `--username NAME --password-stdin`, and pipe the password in',
    });
  }
  const questions = createQuestions(io);
  try {
    const username = stated ?? (await questions.ask('user name:'));
    if (username === undefined) return undefined;
    const password = await questions.askSecret(`password of ${safe(checked(username))}:`);
    return password === undefined || password === '' ? undefined : { username, password };
  } finally {
    questions.close();
  }
}

/** RFC 7617: what stands before the first colon is the name. */
function checked(username: string): string {
  if (username !== '' && !username.includes(':')) return username;
  throw new UsageError('a user name is not empty and has no colon', { hint: 'write `--username NAME`' });
}
