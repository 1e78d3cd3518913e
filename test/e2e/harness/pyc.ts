/** Runs the program as a stranger would: its bundle, with a store, a home and an environment of its own. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildReport, ReportedImage } from 'pycontainer';
import { attempt, type Command, type Ended, type RunOptions } from './processes.ts';
import { PROGRAM, WORK } from './workspace.ts';

export interface PycOptions extends RunOptions {
  /** The store; default one that all tests of a run share. */
  readonly store?: string;
  /** What starts the program, as in `['unshare', '--net']`. */
  readonly under?: readonly string[];
  /** What runs it; default this runtime. */
  readonly runtime?: readonly [string, ...string[]];
}

/** The store that tests share unless they say otherwise. */
export const SHARED_STORE = join(WORK, 'store');

/** What npm and vitest set for what they start, and what is meant for other programs. */
const LEFT_OUT = /^(?:PYC_|PIP_|UV_|VITEST|NODE_ENV$|TEST$|(?!npm_config_registry$)npm_)/;

/** An environment without what the host's user set for other programs, or for this one. */
export function cleanEnvironment(store = SHARED_STORE): Record<string, string | undefined> {
  const home = join(WORK, 'home');
  mkdirSync(home, { recursive: true });
  const own = Object.keys(process.env).filter((name) => LEFT_OUT.test(name));
  return {
    ...Object.fromEntries(own.map((name) => [name, undefined])),
    HOME: home,
    XDG_CACHE_HOME: undefined,
    XDG_RUNTIME_DIR: undefined,
    DOCKER_CONFIG: undefined,
    REGISTRY_AUTH_FILE: undefined,
    SOURCE_DATE_EPOCH: undefined,
    FORCE_COLOR: undefined,
    PYC_CACHE_DIR: store,
  };
}

/** Runs `pyc` to its end, whatever that is. */
export function pyc(args: readonly string[], options: PycOptions = {}): Promise<Ended> {
  const { store, under = [], runtime = [process.execPath], env, ...rest } = options;
  const command = [...under, ...runtime, PROGRAM, ...args] as unknown as Command;
  return attempt(command, { ...rest, env: { ...cleanEnvironment(store), ...env } });
}

export interface Built {
  readonly report: BuildReport;
  /** The first image. */
  readonly image: ReportedImage;
  /** Its digest. */
  readonly digest: string;
  readonly stderr: string;
}

/** Runs `pyc build --json`, which must succeed. */
export async function build(args: readonly string[], options: PycOptions = {}): Promise<Built> {
  const { code, stdout, stderr } = await pyc(['build', '--json', ...args], options);
  if (code !== 0)
    throw new Error(`\`pyc build ${args.join(' ')}\` ended with ${code}\n${stderr.slice(-6000)}`);
  const report = JSON.parse(stdout) as BuildReport;
  const image = report.images[0];
  if (image?.digest == null) throw new Error(`the report names no image:\n${stdout}`);
  return { report, image, digest: image.digest, stderr };
}

/** Runs `pyc build --json`, which must fail with a document that says why. */
export async function buildInVain(
  args: readonly string[],
  options: PycOptions = {},
): Promise<{ code: number | null; error: NonNullable<BuildReport['error']>; stderr: string }> {
  const { code, stdout, stderr } = await pyc(['build', '--json', ...args], options);
  let report: BuildReport;
  try {
    report = JSON.parse(stdout) as BuildReport;
  } catch {
    throw new Error(
      `\`pyc build ${args.join(' ')}\` ended with ${code} and printed no report\n${stdout}\n${stderr}`,
    );
  }
  if (report.ok || report.error === null) throw new Error(`\`pyc build ${args.join(' ')}\` did not fail`);
  return { code, error: report.error, stderr };
}
