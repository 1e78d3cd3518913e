/**
 * Finds the Python of a base: what the configuration states, else what the base's files say. What was read of a
 * base is remembered by the base's layers.
 */
import type { Image } from '../../oci/image.ts';
import { digestOfJson } from '../../primitives/digest.ts';
import { isPycError, PycError } from '../../primitives/errors.ts';
import { detectPython, TARGET_FILES } from '../../python/python-detection.ts';
import {
  abiOfStated,
  executableOf,
  isAsStated,
  parseStatedPython,
  type StatedPython,
} from '../../python/stated-python.ts';
import type { PythonTarget } from '../../python/target.ts';
import { Version } from '../../python/version.ts';
import type { BaseFileReader } from '../base-files.ts';
import type { PythonRequest } from '../hooks.ts';
import { imageKey } from '../image-key.ts';
import type { DetectionSession } from '../session.ts';
import type { ResolvedConfig } from '../settings.ts';
import type { PythonInBase } from '../values.ts';
import { findOfficialPython } from './official-python.ts';

/** `python` in the configuration, `--python` or `--libc` states no version of Python or of a C library. */
export class PythonStatedError extends PycError {
  readonly code = 'PYC_PYTHON_STATED_INVALID';
  override readonly exitCode = 2;
}

/** Version of the rules of detection; a change of them reads bases anew. */
const RULES = 2;

/** @throws PythonStatedError for a malformed `--python` or `--libc`; what detection throws where the base says too little */
export async function findPython(
  request: PythonRequest,
  config: Pick<ResolvedConfig, 'python'>,
  session: DetectionSession,
  files: BaseFileReader,
): Promise<PythonInBase> {
  const stated = readStated(config);
  const whole = wholeOf(stated, request);
  if (whole !== undefined) return whole;
  const found = await foundIn(request, stated.python, session, files);
  warnOfOther(stated, found, request.reference, session);
  return {
    interpreter: stated.interpreter ?? found.interpreter,
    target: {
      ...found.target,
      ...(stated.python === undefined ? {} : versionOf(stated.python, found.target)),
      ...(stated.libc === undefined ? {} : { libc: stated.libc }),
    },
  };
}

/** A base that knows one Python may have another as well; in a dry run it may not have been made, or it has no files. */
async function foundIn(
  { base, known }: PythonRequest,
  stated: StatedPython | undefined,
  session: DetectionSession,
  files: BaseFileReader,
): Promise<PythonInBase> {
  if (known === undefined) return detected(base, stated, session, files);
  if (session.dryRun || stated === undefined || isAsStated(stated, known.target)) return known;
  return await detected(base, stated, session, files).catch((error: unknown) => {
    if (isPycError(error)) return known;
    throw error;
  });
}

/** Another Python than the base has looks for modules elsewhere: nothing of the environment is found then. */
function warnOfOther(
  { python, interpreter }: Stated,
  { target, interpreter: there }: PythonInBase,
  reference: string,
  session: DetectionSession,
): void {
  if (python === undefined || interpreter !== undefined || isAsStated(python, target)) return;
  const { implementation = target.implementation, version, flags } = python;
  const wanted = `${implementation === 'pypy' ? 'PyPy ' : ''}${version.release.slice(0, 2).join('.')}${flags}`;
  session.log.warn({
    /**
     * `python.version` or `--python` states another X.Y, another kind of build or another implementation than the base's
     * files do. The environment is laid out for the one that is stated; the interpreter of the base does not look there.
     */
    code: 'PYC_PYTHON_OVERRIDDEN',
    message: `the base \`${reference}\` has Python ${target.version} (${target.abi}) at \`${there}\`, and ${wanted} is stated: what is installed for the one is not found by the other`,
    hint: 'leave the version out, choose another base, or state `python.interpreter` as well',
  });
}

interface Stated {
  readonly python?: StatedPython;
  readonly libc?: PythonTarget['libc'];
  readonly interpreter?: string;
}

function readStated(config: Pick<ResolvedConfig, 'python'>): Stated {
  const { version: versionText, implementation, libc: libcText, interpreter } = config.python ?? {};
  const parsed = versionText === undefined ? undefined : parseStatedPython(versionText);
  if (versionText !== undefined && parsed === undefined) {
    throw new PythonStatedError(`\`${versionText}\` is not a version of Python`, {
      hint: 'write it as in `--python 3.12.7`, `--python 3.14t` or `--python pypy3.11`',
    });
  }
  if (
    implementation !== undefined &&
    (parsed === undefined || (parsed.implementation ?? implementation) !== implementation)
  ) {
    throw new PythonStatedError(
      parsed === undefined
        ? '`python.implementation` is stated without a version'
        : `\`${versionText}\` is no version of \`${implementation}\``,
      { hint: 'state `python.version` as well, as in `3.11`' },
    );
  }
  const python =
    parsed === undefined || implementation === undefined ? parsed : { ...parsed, implementation };
  const match = libcText === undefined ? undefined : /^(glibc|musl)-(\d+\.\d+)$/.exec(libcText);
  if (match === null) {
    throw new PythonStatedError(`\`${libcText}\` is not a C library`, {
      hint: 'write it as in `--libc glibc-2.36` or `--libc musl-1.2`',
    });
  }
  return {
    ...(python === undefined ? {} : { python }),
    ...(match === undefined ? {} : { libc: { family: match[1] as 'glibc' | 'musl', version: match[2]! } }),
    ...(interpreter === undefined ? {} : { interpreter }),
  };
}

/** The Python where all of it is stated; the official images say by PYTHON_VERSION where theirs lies. */
function wholeOf(stated: Stated, { base, platform }: PythonRequest): PythonInBase | undefined {
  const { python, libc } = stated;
  if (python === undefined || libc === undefined) return undefined;
  const { implementation = 'cpython', version } = python;
  const official = base.config.config?.Env?.some((line) => /^(?:PYTHON|PYPY)_VERSION=/.test(line)) ?? false;
  const interpreter =
    stated.interpreter ?? (official || base.layers.length === 0 ? usualPath(python) : undefined);
  if (interpreter === undefined) return undefined;
  return {
    interpreter,
    target: {
      implementation,
      version: version.toString(),
      abi: abiOfStated(python),
      os: 'linux',
      architecture: platform.architecture,
      ...(platform.variant === undefined ? {} : { variant: platform.variant }),
      libc,
    },
  };
}

/** Where the official images have it. */
function usualPath(python: StatedPython): string {
  return `${python.implementation === 'pypy' ? '/opt/pypy' : '/usr/local'}/bin/${executableOf(python)}`;
}

/** Another Python has another ABI; the same one keeps what the base's files said of it. */
function versionOf(
  stated: StatedPython,
  found: PythonTarget,
): Pick<PythonTarget, 'implementation' | 'version' | 'abi' | 'implementationVersion'> {
  const version = stated.version.toString();
  const { implementation, abi, implementationVersion } = found;
  if (isAsStated(stated, found)) return { implementation, version, abi, implementationVersion };
  return {
    implementation: stated.implementation ?? 'cpython',
    version,
    abi: abiOfStated(stated),
    implementationVersion: undefined,
  };
}

async function detected(
  base: Image,
  stated: StatedPython | undefined,
  session: DetectionSession,
  reader: BaseFileReader,
): Promise<PythonInBase> {
  const executable = stated === undefined ? undefined : executableOf(stated);
  const environment = environmentOf(base);
  const { architecture, variant } = base.platform;
  const facts = { architecture, ...(variant === undefined ? {} : { variant }), executable, environment };
  const official = await findOfficialPython(base, facts, session);
  if (official !== undefined) return official;
  const key = digestOfJson({
    what: 'python in base',
    rules: RULES,
    image: imageKey(base),
    executable,
    environment: base.config.config?.Env ?? [],
  });
  const known = session.noCache ? undefined : await session.store.readAction(key);
  if (isPythonIn(known, base)) return known;
  const id = 'python in base';
  session.log.progress({ id, label: 'read the base image for its Python', state: 'start' });
  try {
    const found = await detectPython(await reader.open(base, TARGET_FILES), facts);
    await session.store.writeAction(key, found);
    return found;
  } finally {
    session.log.progress({ id, label: '', state: 'end' });
  }
}

/** Whatever else is remembered under the key counts as nothing. */
function isPythonIn(value: unknown, { platform }: Image): value is PythonInBase {
  const { target, interpreter } = (value ?? {}) as Partial<Record<keyof PythonInBase, unknown>>;
  const { implementation, version, abi, architecture, libc } = (target ?? {}) as Partial<
    Record<keyof PythonTarget, unknown>
  >;
  const { family, version: libcVersion } = (libc ?? {}) as Partial<
    Record<keyof PythonTarget['libc'], unknown>
  >;
  return (
    typeof interpreter === 'string' &&
    interpreter.startsWith('/') &&
    ['cpython', 'pypy', 'graalpy'].includes(implementation as string) &&
    typeof version === 'string' &&
    Version.tryParse(version) !== undefined &&
    typeof abi === 'string' &&
    architecture === platform.architecture &&
    (family === 'glibc' || family === 'musl') &&
    typeof libcVersion === 'string'
  );
}

function environmentOf(base: Image): Record<string, string> {
  return Object.fromEntries(
    (base.config.config?.Env ?? []).map((line) => {
      const at = line.indexOf('=');
      return at === -1 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}
