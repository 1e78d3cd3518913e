#!/usr/bin/env node
/**
 * `npm create pycontainer-plugin NAME`: copies a template into a new folder and puts the plugin's name into it. It installs
 * nothing and changes nothing that is there already.
 */
import { cp, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const KINDS = {
  shape: 'changes what goes into an image: files, labels, layers',
  wheels: 'finds wheels elsewhere',
  destination: 'is an output: `--output NAME:…`',
  preset: 'finds how an application of a framework starts',
};
/** What stands in the templates for the plugin's name. */
const PLACEHOLDER = 'pycontainer-plugin-example';

const USAGE = `usage: npm create pycontainer-plugin NAME [-- --kind KIND] [--yes]

NAME is the folder to make; its last part, or @scope/name, is the package's name.

  --kind KIND  what it does, shape where not stated:
${Object.entries(KINDS)
  .map(([kind, what]) => `                 ${kind.padEnd(12)} ${what}`)
  .join('\n')}
  --yes, -y    ask nothing
  --help, -h   print this`;

const TEMPLATES = join(dirname(fileURLToPath(import.meta.url)), 'templates');

/** Something that the user can put right. */
class UsageError extends Error {}

try {
  await main(process.argv.slice(2));
} catch (error) {
  // Ctrl-C or Ctrl-D in place of an answer: nothing was made yet.
  if (error.code === 'ABORT_ERR') process.exitCode = 130;
  else if (error instanceof UsageError) {
    console.error(`error: ${error.message}\n\n${USAGE}`);
    process.exitCode = 2;
  } else throw error;
}

async function main(args) {
  const { values, positionals } = read(args);
  if (values.help === true) {
    console.log(USAGE);
    return;
  }
  const answers = await complete(positionals, values);
  const { folder, name } = place(answers.name);
  if (!Object.hasOwn(KINDS, answers.kind)) {
    throw new UsageError(`there is no kind \`${answers.kind}\`: write ${Object.keys(KINDS).join(', ')}`);
  }
  await refuseFilled(folder);
  await copy(answers.kind, folder, name);
  tell(answers.kind, folder, name);
}

function read(args) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        kind: { type: 'string' },
        yes: { type: 'boolean', short: 'y' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(error.message);
  }
}

/** Asks for what is not stated, on a terminal alone. */
async function complete([name, ...others], { kind, yes }) {
  if (others.length > 0) throw new UsageError(`one name is enough, and \`${others[0]}\` is another`);
  const asks = yes !== true && stdin.isTTY === true && stdout.isTTY === true;
  if (!asks) {
    if (name === undefined) throw new UsageError('the plugin needs a name');
    return { name, kind: kind ?? 'shape' };
  }
  const terminal = createInterface({ input: stdin, output: stdout });
  try {
    const ask = async (question, usual) =>
      (await terminal.question(`${question} [${usual}] `)).trim() || usual;
    return {
      name: name ?? (await ask('What is its name?', 'pycontainer-plugin-mine')),
      kind: kind ?? (await ask(`What does it do: ${Object.keys(KINDS).join(', ')}?`, 'shape')),
    };
  } finally {
    terminal.close();
  }
}

/** `../plugins/labels` is a folder, `@acme/labels` a package in the folder `labels`. */
function place(text) {
  const isScoped = /^@[^/]+\/[^/]+$/.test(text);
  const folder = resolve(isScoped ? basename(text) : text);
  const name = isScoped ? text : basename(folder);
  const isName = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/.test(name) && name.length <= 214;
  if (!isName) {
    throw new UsageError(
      `\`${name}\` is no name of a package: write lower-case letters, digits, \`-\` and \`.\``,
    );
  }
  return { folder, name };
}

/** A fresh clone has `.git`, and is as good as empty. */
async function refuseFilled(folder) {
  const there = await readdir(folder).catch((error) => {
    if (error.code === 'ENOENT') return [];
    throw new UsageError(`\`${folder}\` cannot be used: ${error.message}`);
  });
  if (there.some((name) => name !== '.git')) throw new UsageError(`\`${folder}\` is not empty`);
}

async function copy(kind, folder, name) {
  await mkdir(folder, { recursive: true });
  for (const template of ['common', kind]) await cp(join(TEMPLATES, template), folder, { recursive: true });
  // npm leaves files of that name out of packages.
  await rename(join(folder, 'gitignore'), join(folder, '.gitignore'));
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of files.filter((one) => one.isFile())) {
    const file = join(entry.parentPath, entry.name);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replaceAll(PLACEHOLDER, name));
  }
}

function tell(kind, folder, name) {
  const way = relative(process.cwd(), folder);
  const steps = [...(way === '' ? [] : [`cd ${way}`]), 'npm install', 'npm test', 'npm pack'];
  console.log(`made \`${name}\`, which ${KINDS[kind]}\n`);
  for (const step of steps) console.log(`  ${step}`);
  console.log('\nWhat it does is in src/index.ts.');
}
