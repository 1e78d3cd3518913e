/** Finds the host's interpreter that makes a target's bytecode. How it compiles is not known here. */
import { stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { PycError } from '../../primitives/errors.ts';
import type { PythonTarget } from '../../python/target.ts';
import { type BytecodeCompiler, compile, identityOf, isFreeThreaded, output, probe } from './interpreter.ts';

/**
 * `bytecode` is asked for, and this host has no interpreter whose bytecode the image's Python reads: of the same X.Y, and
 * free-threaded where that is. Install one, as by `uv python install 3.12`, have the base's own compile by
 * `bytecode = "image"`, or leave `bytecode` out: the modules are then compiled where they run.
 */
export class BytecodePythonError extends PycError {
  readonly code = 'PYC_BYTECODE_NO_PYTHON';
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The first that fits of what uv knows and what PATH has.
 *
 * @throws BytecodePythonError
 */
export async function findCompiler(
  target: PythonTarget,
  env: Environment,
  signal: AbortSignal,
): Promise<BytecodeCompiler> {
  const [, minor = ''] = target.version.split('.');
  const wanted = `3.${minor}${isFreeThreaded(target.abi) ? 't' : ''}`;
  if (target.implementation === 'cpython') {
    for (const program of await candidates(wanted, env, signal)) {
      const found = await probe({ program, env: withoutPython(env) }, target, signal);
      if (found === undefined) continue;
      const interpreter = { program: found.executable, env: withoutPython(env) };
      return {
        label: `CPython ${found.version} (${found.executable})`,
        ...identityOf(found),
        compile: (sources, signal) => compile(interpreter, sources, signal),
      };
    }
  }
  const what = target.implementation === 'cpython' ? 'CPython' : target.implementation;
  throw new BytecodePythonError(
    `\`bytecode\` needs ${what} ${wanted} on this host, as the image has it, and there is none`,
    {
      hint:
        target.implementation === 'cpython'
          ? `install it, as \`uv python install ${wanted}\` does, or leave \`bytecode\` out`
          : 'leave `bytecode` out: only that of CPython can be made',
    },
  );
}

async function candidates(wanted: string, env: Environment, signal: AbortSignal): Promise<readonly string[]> {
  const [uv] = await onPath('uv', env);
  const question = ['python', 'find', '--no-python-downloads', '--no-project', wanted];
  const known =
    uv === undefined ? undefined : await output({ program: uv, env: withoutPython(env) }, question, signal);
  return [
    ...(known === undefined || known.trim() === '' ? [] : [known.trim()]),
    ...(await onPath(`python${wanted}`, env)),
    ...(await onPath('python3', env)),
  ];
}

/** Absolute paths; relative folders of PATH are passed over. */
async function onPath(name: string, env: Environment): Promise<string[]> {
  const paths = (env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, name));
  const found = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
  return paths.filter((_, index) => found[index]?.isFile() === true);
}

/** Variables of the user's change what Python imports and how it hashes. */
function withoutPython(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('PYTHON')));
}
