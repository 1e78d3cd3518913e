/**
 * Finds the Python of a base: what the configuration states, else what the base's files say. What was read of a
 * base is remembered by the base's layers.
 */
import type { Image } from '../../oci/image.ts';
import { digestOfJson } from '../../primitives/digest.ts';
import { PycError } from '../../primitives/errors.ts';
import { detectPython, TARGET_FILES } from '../../python/python-detection.ts';
import type { PythonTarget } from '../../python/target.ts';
import { Version } from '../../python/version.ts';
import type { BaseFileReader } from '../base-files.ts';
import type { PythonRequest } from '../hooks.ts';
import { imageKey } from '../image-key.ts';
import type { Session } from '../session.ts';
import type { ResolvedConfig } from '../settings.ts';
import type { PythonInBase } from '../values.ts';

/** `python` in the configuration, `--python` or `--libc` states no version of Python or of a C library. */
export class PythonStatedError extends PycError {
  readonly code = 'PYC_PYTHON_STATED_INVALID';
  override readonly exitCode = 2;
}

/** Version of the rules of detection; a change of them reads bases anew. */
const RULES = 1;

/** @throws PythonStatedError for a malformed `--python` or `--libc`; what detection throws where the base says too little */
export async function findPython(
  request: PythonRequest,
  config: ResolvedConfig,
  session: Session,
  files: BaseFileReader,
): Promise<PythonInBase> {
  const stated = readStated(config);
  const whole = wholeOf(stated, request);
  if (whole !== undefined) return whole;
  const found = request.known ?? (await detected(request.base, session, files));
  warnOfOther(stated, found, request.reference, session);
  return {
    interpreter: stated.interpreter ?? found.interpreter,
    target: {
      ...found.target,
      ...(stated.version === undefined ? {} : versionOf(stated.version, found.target)),
      ...(stated.libc === undefined ? {} : { libc: stated.libc }),
    },
  };
}

/** Another X.Y than the base has looks for modules elsewhere: nothing of the environment is found then. */
function warnOfOther(
  { version, interpreter }: Stated,
  { target, interpreter: there }: PythonInBase,
  reference: string,
  session: Session,
): void {
  const minor = version?.release.slice(0, 2).join('.');
  if (minor === undefined || interpreter !== undefined || target.version.startsWith(`${minor}.`)) return;
  session.log.warn({
    /**
     * `python.version` or `--python` states another X.Y than the base's files do. The environment is laid out for the
     * one that is stated; the interpreter of the base does not look there.
     */
    code: 'PYC_PYTHON_OVERRIDDEN',
    message: `the base \`${reference}\` has Python ${target.version} at \`${there}\`, and ${minor} is stated: what is installed for the one is not found by the other`,
    hint: 'leave the version out, choose another base, or state `python.interpreter` as well',
  });
}

interface Stated {
  readonly version?: Version;
  readonly libc?: PythonTarget['libc'];
  readonly interpreter?: string;
}

function readStated(config: ResolvedConfig): Stated {
  const { version: versionText, libc: libcText, interpreter } = config.python ?? {};
  const version = versionText === undefined ? undefined : Version.tryParse(versionText);
  if (versionText !== undefined && (version === undefined || version.release.length < 2)) {
    throw new PythonStatedError(`\`${versionText}\` is not a version of Python`, {
      hint: 'write it in full, as in `--python 3.12.7`',
    });
  }
  const match = libcText === undefined ? undefined : /^(glibc|musl)-(\d+\.\d+)$/.exec(libcText);
  if (match === null) {
    throw new PythonStatedError(`\`${libcText}\` is not a C library`, {
      hint: 'write it as in `--libc glibc-2.36` or `--libc musl-1.2`',
    });
  }
  return {
    ...(version === undefined ? {} : { version }),
    ...(match === undefined ? {} : { libc: { family: match[1] as 'glibc' | 'musl', version: match[2]! } }),
    ...(interpreter === undefined ? {} : { interpreter }),
  };
}

/** The Python where all of it is stated; the official images say by PYTHON_VERSION where theirs lies. */
function wholeOf(stated: Stated, { base, platform }: PythonRequest): PythonInBase | undefined {
  const { version, libc } = stated;
  if (version === undefined || libc === undefined) return undefined;
  const official = base.config.config?.Env?.some((line) => line.startsWith('PYTHON_VERSION=')) ?? false;
  const minor = version.release.slice(0, 2).join('.');
  const interpreter =
    stated.interpreter ??
    (official || base.layers.length === 0 ? `/usr/local/bin/python${minor}` : undefined);
  if (interpreter === undefined) return undefined;
  return {
    interpreter,
    target: {
      implementation: 'cpython',
      version: version.toString(),
      abi: `cp${minor.replace('.', '')}`,
      os: 'linux',
      architecture: platform.architecture,
      ...(platform.variant === undefined ? {} : { variant: platform.variant }),
      libc,
    },
  };
}

/** Another X.Y has another ABI; the same X.Y keeps what the base's files said of it. */
function versionOf(version: Version, found: PythonTarget): Pick<PythonTarget, 'version' | 'abi'> {
  const minor = version.release.slice(0, 2).join('.');
  const same = found.version.split('.').slice(0, 2).join('.') === minor;
  return { version: version.toString(), abi: same ? found.abi : `cp${minor.replace('.', '')}` };
}

async function detected(base: Image, session: Session, reader: BaseFileReader): Promise<PythonInBase> {
  const key = digestOfJson({
    what: 'python in base',
    rules: RULES,
    image: imageKey(base),
    environment: base.config.config?.Env ?? [],
  });
  const known = session.noCache ? undefined : await session.store.readAction(key);
  if (isPythonIn(known, base)) return known;
  const id = 'python in base';
  session.log.progress({ id, label: 'read the base image for its Python', state: 'start' });
  try {
    const files = await reader.open(base, TARGET_FILES);
    const found = await detectPython(files, {
      architecture: base.platform.architecture,
      ...(base.platform.variant === undefined ? {} : { variant: base.platform.variant }),
      environment: environmentOf(base),
    });
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
