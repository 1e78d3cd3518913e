/** The unit tests and samples, whole, on every runtime: the same tests, and all of them pass. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { attempt, type Command } from '../harness/processes.ts';
import { RUNTIMES } from '../harness/runtimes.ts';
import { newFolder, ROOT } from '../harness/workspace.ts';

interface Results {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** What the tests of this process know of themselves, and what would lead the others to its store. */
const OWN_VARIABLES = Object.keys(process.env).filter((name) =>
  /^(?:VITEST|PYC_|NODE_|TEST$|DEV$|PROD$)/.test(name),
);

let passedBefore: readonly string[] | undefined;

test.each(RUNTIMES)('pass on $name', { timeout: 900_000 }, async ({ command }) => {
  const file = join(newFolder('results'), 'results.json');
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const words: Command = [...command, vitest, 'run', '--reporter=json', `--outputFile=${file}`];
  const env = Object.fromEntries(OWN_VARIABLES.map((name) => [name, undefined]));
  const { stdout, stderr } = await attempt(words, { cwd: ROOT, env });
  const { testResults } = JSON.parse(readResults(file, stdout + stderr)) as Results;
  const all = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ fullName, status }) => ({ test: `${name} > ${fullName}`, status })),
  );
  const broken = testResults.filter(({ assertionResults }) => assertionResults.length === 0);
  expect([...all.filter(({ status }) => status !== 'passed'), ...broken]).toEqual([]);
  const names = all.map((one) => one.test).sort();
  expect(names.length).toBeGreaterThan(1000);
  expect(names).toEqual(passedBefore ?? names);
  passedBefore = names;
});

function readResults(file: string, said: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`the tests left no results:\n${said.slice(-4000)}`, { cause });
  }
}
