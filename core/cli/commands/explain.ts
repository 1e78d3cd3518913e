/** `pyc explain`: why a distribution is in, the tree of all of them, or where each value of the configuration came from. */
import { type Command, Option } from 'commander';
import type { ExitCode, Io } from '../io.ts';
import { formatDependencyTree } from '../render/dependency-tree.ts';
import { formatDistribution } from '../render/distribution.ts';
import { formatExplanation } from '../render/explanation.ts';
import { styleOf } from '../render/style.ts';
import { UsageError } from '../usage-error.ts';
import { helpOf, projectCommand, type SharedValues, withRunOptions } from './options.ts';
import { runReported } from './reported.ts';

interface Values extends SharedValues {
  readonly tree?: boolean;
  readonly distribution?: string;
}

const EXAMPLES = `
NAME: why the distribution is in, by which ways from the project, which file of it was chosen, and why no other.
--tree: everything that goes in, by what asks for it, with the sizes of the files.
preset: every value of the configuration that a build would use, and where it came from: a file, a flag, a
variable, a preset with what it saw at which file and line, or the defaults.
Nothing is built or written, and no distribution is fetched.

Examples:
  pyc explain numpy
  pyc explain numpy services/api --platform linux/arm64
  pyc explain --tree
  pyc explain --distribution preset       a distribution of that name
  pyc explain preset --preset django
  pyc explain preset --json | jq '.configuration[].values[] | select(.key == "entrypoint")'
`;

/** What is no distribution. */
const PRESET = 'preset';

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  // What these options say stands in place of the name.
  const hasSubject = !argv.some((word) => /^--(?:tree$|distribution(?:=|$))/.test(word));
  let print = formatExplanation;
  return await runReported(
    command(hasSubject),
    argv,
    io,
    async (options, values: Values, subject) => {
      const topic = topicOf(values, subject);
      if (topic === 'tree') print = formatDependencyTree;
      else if (topic !== PRESET) print = formatDistribution;
      const { explain } = await import('../../index.ts');
      return await explain(typeof topic === 'string' ? options : { ...options, ...topic });
    },
    (report) => io.stdout.write(print(report, styleOf(io.stdout, io.env))),
  );
}

export function help(): string {
  return helpOf(command(true));
}

/** @throws UsageError where nothing is asked, or two things */
function topicOf(
  { tree, distribution }: Values,
  subject: string | undefined,
): 'tree' | typeof PRESET | { readonly distribution: string } {
  if (tree === true && distribution !== undefined) {
    throw new UsageError('`--tree` and `--distribution` are two questions', { hint: 'ask one of them' });
  }
  if (tree === true) return 'tree';
  if (distribution === undefined && subject === PRESET) return PRESET;
  const name = distribution ?? subject;
  if (name === undefined) {
    throw new UsageError('nothing is named that is to be explained', {
      hint: 'run `pyc explain NAME`, `pyc explain --tree` or `pyc explain preset`',
    });
  }
  if (!/^[a-z0-9](?:[\w.-]*[a-z0-9])?$/i.test(name)) {
    throw new UsageError(`\`${name}\` is not the name of a distribution`, {
      hint: 'name it before the folder, as in `pyc explain numpy services/api`',
    });
  }
  return { distribution: name };
}

function command(hasSubject: boolean): Command {
  const subject = {
    name: 'NAME',
    description: 'a distribution, or `preset` for the merged configuration',
  };
  return withRunOptions(
    projectCommand(
      'explain',
      'Says why a distribution is in, or where the configuration came from.',
      hasSubject ? subject : undefined,
    )
      .optionsGroup('What is explained:')
      .addOption(new Option('--tree', 'everything that goes in, by what asks for it'))
      .addOption(
        new Option('--distribution <name>', 'the same as NAME, also for one that is called `preset`'),
      ),
  ).addHelpText('after', EXAMPLES);
}
