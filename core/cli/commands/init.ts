/** `pyc init`: writes a project's first configuration, and asks what only a person can know. */
import { Command, Option } from 'commander';
import type { InitAnswers, InitPlan } from '../../index.ts';
import { VERSION } from '../../primitives/version.ts';
import type { ExitCode, Io } from '../io.ts';
import { canAsk, createQuestions, type Questions } from '../questions.ts';
import { shownPath } from '../render/location.ts';
import { formatNewFile } from '../render/new-file.ts';
import { safe } from '../render/safe-text.ts';
import { styleOf } from '../render/style.ts';
import { UsageError } from '../usage-error.ts';
import { helpOf, list, parse } from './options.ts';

interface Values {
  readonly yes?: boolean;
  readonly tag?: readonly string[];
  readonly format?: 'ts' | 'toml';
  readonly json?: boolean;
}

type NewFile = Exclude<InitPlan, { readonly existing: string }>;

const EXAMPLES = `
Looks at the project and writes a short pycontainer.config.ts, or pycontainer.toml where there is no package.json.
Shows the file before it is written, and asks on a terminal alone. A project that has a configuration is left as it is.

Examples:
  pyc init
  pyc init services/api --tag ghcr.io/me/api:1.0
  pyc init --yes                          ask nothing, as in a script
`;

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  const parsed = parse<Values>(command(), argv, io);
  if (parsed === 'helped') return 0;
  const { directory, values } = parsed;
  const { planInit, writeInit } = await import('../../index.ts');
  const plan = await planInit({
    cwd: io.cwd,
    env: io.env,
    signal: io.signal,
    ...(directory === undefined ? {} : { directory }),
    ...(values.format === undefined ? {} : { style: values.format }),
  });
  if (plan.existing !== undefined) {
    io.stderr.write(`nothing to do: there is ${safe(shownPath(plan.existing, io.cwd))}\n`);
    if (values.json === true) io.stdout.write(documentOf(plan.existing, false));
    return 0;
  }
  io.stderr.write(plan.found.map((line) => `found ${safe(line)}\n`).join(''));
  const questions = values.yes !== true && canAsk(io) ? createQuestions(io) : undefined;
  try {
    const text = plan.text(await answersOf(plan, values, questions));
    const shown = shownPath(plan.file, io.cwd);
    io.stderr.write(`\n${formatNewFile(shown, text, styleOf(io.stderr, io.env))}\n`);
    if (values.yes !== true) {
      if (questions === undefined) {
        throw new UsageError('there is no terminal to ask on, so nothing is written', {
          hint: 'run `pyc init --yes`',
        });
      }
      const answer = await questions.ask(`write ${safe(shown)}? [Y/n]`);
      if (io.signal.aborted) return 130;
      if (answer === undefined || /^n/i.test(answer)) {
        if (values.json === true) io.stdout.write(documentOf(plan.file, false));
        return 0;
      }
    }
    await writeInit(plan.file, text);
    io.stderr.write(nextSteps(plan));
    io.stdout.write(values.json === true ? documentOf(plan.file, true) : `${safe(shown)}\n`);
    return 0;
  } finally {
    questions?.close();
  }
}

export function help(): string {
  return helpOf(command());
}

function command(): Command {
  return new Command('pyc init')
    .description("Writes a project's first configuration.")
    .usage('[DIR] [options]')
    .argument('[DIR]', "the project's folder (default: the working directory)")
    .configureHelp({ sortOptions: false })
    .addOption(new Option('--yes', 'ask nothing and write'))
    .addOption(list('--tag <ref>', 'a tag or a reference, as in ghcr.io/me/shop:1.0; repeatable'))
    .addOption(new Option('--format <format>', 'the kind of file').choices(['ts', 'toml']))
    .addOption(new Option('--json', 'print what became of it as one JSON document'))
    .addHelpOption(new Option('-h, --help', 'print this'))
    .addHelpText('after', EXAMPLES);
}

/** Asks what the project does not say. */
async function answersOf(
  plan: NewFile,
  { tag }: Values,
  questions: Questions | undefined,
): Promise<InitAnswers> {
  const tags = tag ?? (await tagsOf(plan, questions));
  if (!plan.needsStart || questions === undefined) return { tags, entrypoint: [] };
  const command = await questions.ask(
    'what does the image start? as in `python -m shop`; empty leaves it open:',
  );
  return { tags, entrypoint: wordsOf(command ?? '') };
}

async function tagsOf(plan: NewFile, questions: Questions | undefined): Promise<readonly string[]> {
  if (questions === undefined) return [];
  const example = `ghcr.io/me/${plan.name}:latest`;
  const answer = await questions.ask(
    `where does the image go? as in \`${safe(example)}\`; empty writes a folder:`,
  );
  return (answer ?? '').split(/[\s,]+/).filter(Boolean);
}

/** Splits as a shell would, at blanks outside of quotes. */
function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replaceAll(/["']/g, ''));
}

/** @param file - absolute */
function documentOf(file: string, written: boolean): string {
  const document = { schemaVersion: 1, command: 'init', pycontainer: VERSION, ok: true, file, written };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function nextSteps({ file, todo }: NewFile): string {
  return [
    ...todo.map((line) => `before a build: ${safe(line)}\n`),
    ...(file.endsWith('.ts') ? ["for the editor's types: npm install --save-dev pycontainer\n"] : []),
    'next: pyc build\n',
  ].join('');
}
