/** Compares what the program plans of a project with the wheel that its build backend makes. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { surroundingsOf } from '../../../core/pipeline/collect/surroundings.ts';
import {
  type PlannedWheel,
  planLocalProject,
  projectFilesIn,
} from '../../../core/python/local-project/index.ts';
import type { ProjectTree } from '../local-project-trees/tree.ts';
import { run } from './processes.ts';
import { newFolder, PEERS, ROOT } from './workspace.ts';

/** What the script prints of one project. */
interface BuiltWheel {
  readonly folder: string;
  readonly wheel?: string;
  readonly files?: readonly { readonly path: string; readonly mode: number; readonly content: string }[];
  readonly error?: string;
}

/** A tree as a work tree of git, all that is not ignored in its index. */
export async function writeTree(name: string, { files, executable = [] }: ProjectTree): Promise<string> {
  const folder = join(newFolder('tree'), name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  for (const path of executable) chmodSync(join(folder, path), 0o755);
  await run(['git', 'init', '--quiet', folder]);
  await run(['git', '-C', folder, 'add', '--all']);
  return folder;
}

/**
 * Plans and builds each tree; gives a line for each that differs, for each that cannot be planned and is not said to be
 * dynamic, and for each that is and was planned.
 *
 * @param peer the environment below `PEERS` that has the backends
 */
export async function differences(
  trees: Readonly<Record<string, ProjectTree>>,
  peer: string,
): Promise<string[]> {
  const found: string[] = [];
  const folders: string[] = [];
  const plans = new Map<string, { readonly name: string; readonly wheel: PlannedWheel }>();
  for (const [name, tree] of Object.entries(trees)) {
    const folder = await writeTree(name, tree);
    const plan = await planLocalProject(projectFilesIn(folder), await surroundingsOf(folder, process.env));
    if (plan.static !== (tree.dynamic !== true))
      found.push(`${name}: ${plan.static ? 'is planned' : plan.reason}`);
    if (!plan.static) continue;
    folders.push(folder);
    plans.set(folder, { name, wheel: plan.wheel });
  }
  for (const built of buildWheels(folders, peer)) {
    const { name, wheel } = plans.get(built.folder)!;
    if (built.error !== undefined) found.push(`${name}: the backend refuses it: ${built.error.slice(-300)}`);
    else found.push(...compare(wheel, built).map((line) => `${name}: ${line}`));
  }
  return found;
}

function buildWheels(folders: readonly string[], peer: string): readonly BuiltWheel[] {
  const script = join(ROOT, 'test/e2e/harness/build-wheels.py');
  const { stdout, stderr, status } = spawnSync(join(PEERS, peer, 'bin/python'), [script], {
    input: folders.map((folder) => `${folder}\n`).join(''),
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`the backends could not be run: ${stderr}`);
  const lines = stdout.split('\n').filter((line) => line !== '');
  if (lines.length !== folders.length)
    throw new Error(`${lines.length} wheels of ${folders.length} projects`);
  return lines.map((line) => JSON.parse(line) as BuiltWheel);
}

/** RECORD follows from the rest; an environment gets one of its own. */
function compare(planned: PlannedWheel, { folder, wheel, files = [] }: BuiltWheel): string[] {
  const found: string[] = [];
  if (wheel !== planned.fileName) found.push(`is named ${planned.fileName}, not ${wheel}`);
  const left = new Map(
    files.filter(({ path }) => !path.endsWith('.dist-info/RECORD')).map((file) => [file.path, file]),
  );
  for (const file of planned.files) {
    const real = left.get(file.path);
    left.delete(file.path);
    if (real === undefined) {
      found.push(`has ${file.path}`);
      continue;
    }
    const bytes = 'bytes' in file ? file.bytes : readFileSync(join(folder, file.source));
    const truth = Buffer.from(real.content, 'base64');
    if (!bytes.equals(truth)) found.push(`${file.path} is\n${bytes}\nand not\n${truth}`);
    if (((real.mode & 0o111) !== 0) !== (file.mode === 0o755)) found.push(`${file.path} has another mode`);
  }
  return [...found, ...[...left.keys()].map((path) => `lacks ${path}`)];
}
