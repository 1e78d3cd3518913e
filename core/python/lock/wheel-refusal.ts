/**
 * Says why a wheel's tags do not fit a target: the implementation first, then the version, the ABI, the
 * platform. Where a wheel carries several tags, the one that comes nearest speaks for it.
 */
import { platformTags } from '../tags.ts';
import { machineOf, type PythonTarget, pythonVersionOf } from '../target.ts';
import type { WheelFilename } from '../wheel-filename.ts';
import type { RefusalKind } from './lock-file.ts';

export interface Refusal {
  readonly kind: RefusalKind;
  readonly reason: string;
}

/** What is compared in a tag, from what fits least to what comes nearest. */
const STAGES: readonly RefusalKind[] = [
  'implementation',
  'python',
  'abi',
  'operating-system',
  'platform',
  'architecture',
  'libc',
];

const IMPLEMENTATIONS: Readonly<Record<string, string>> = {
  cp: 'CPython',
  pp: 'PyPy',
  ip: 'IronPython',
  jy: 'Jython',
  graalpy: 'GraalPy',
  py: 'Python',
};

const OWN: Readonly<Record<PythonTarget['implementation'], string>> = {
  cpython: 'cp',
  pypy: 'pp',
  graalpy: 'graalpy',
};

const SYSTEMS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^macosx_/, 'macOS'],
  [/^win(?:32|_)/, 'Windows'],
  [/^ios_/, 'iOS'],
  [/^android_/, 'Android'],
  [/^(?:pyodide|emscripten|wasi|wasm)/, 'WebAssembly'],
  [/^freebsd_/, 'FreeBSD'],
];

/** The reason that names what is nearest to fitting. The wheel must be one that the target does not accept. */
export function refusalOf(wheel: WheelFilename, target: PythonTarget): Refusal {
  let nearest: Refusal | undefined;
  for (const tag of wheel.tags) {
    const refusal = refusalOfTag(tag, wheel.tags, target);
    if (nearest === undefined || STAGES.indexOf(refusal.kind) > STAGES.indexOf(nearest.kind))
      nearest = refusal;
  }
  return nearest ?? { kind: 'not-a-wheel', reason: 'it carries no tag' };
}

function refusalOfTag(tag: string, all: readonly string[], target: PythonTarget): Refusal {
  const [interpreter = '', abi = '', platform = ''] = tag.split('-');
  return (
    interpreterFault(interpreter, abi, all, target) ??
    abiFault(interpreter, abi, target) ??
    platformFault(platform, target) ?? {
      kind: 'platform',
      reason: `the tag \`${tag}\` is not among those that the target accepts`,
    }
  );
}

function interpreterFault(
  interpreter: string,
  abi: string,
  all: readonly string[],
  target: PythonTarget,
): Refusal | undefined {
  const [, prefix = '', major = '', minor = ''] = /^([a-z]+)(\d?)(\d*)/.exec(interpreter) ?? [];
  const { major: ownMajor, minor: ownMinor } = pythonVersionOf(target);
  const own = OWN[target.implementation];
  if (prefix !== 'py' && prefix !== own) {
    return {
      kind: 'implementation',
      reason: `for ${IMPLEMENTATIONS[prefix] ?? prefix} only; the target is ${IMPLEMENTATIONS[own]}`,
    };
  }
  const fault: Refusal = {
    kind: 'python',
    reason: `${listInterpreters(all)} only; the target is ${own}${ownMajor}${ownMinor}`,
  };
  if (major !== String(ownMajor)) return fault;
  if (minor === '') return undefined;
  const open = prefix === 'py' || abi.startsWith('abi3');
  if (open && Number(minor) > ownMinor) {
    return {
      kind: 'python',
      reason: `needs Python ${major}.${minor}; the target has ${ownMajor}.${ownMinor}`,
    };
  }
  return open || Number(minor) === ownMinor ? undefined : fault;
}

function abiFault(interpreter: string, abi: string, target: PythonTarget): Refusal | undefined {
  if (abi === 'none' || abi === target.abi || `${abi}d` === target.abi) return undefined;
  const threaded = /td?$/.test(target.abi);
  if (abi === 'abi3' && !threaded) return undefined;
  if (abi === 'abi3t' && threaded) return undefined;
  if (interpreter.startsWith('cp') && /td?$/.test(abi) !== threaded) {
    return {
      kind: 'abi',
      reason: threaded
        ? `made for builds with the GIL (\`${abi}\`); the target is free-threaded`
        : `made for free-threaded builds (\`${abi}\`); the target has the GIL`,
    };
  }
  return { kind: 'abi', reason: `made for the ABI \`${abi}\`; the target has \`${target.abi}\`` };
}

function platformFault(platform: string, target: PythonTarget): Refusal | undefined {
  if (platform === 'any') return undefined;
  const system = SYSTEMS.find(([pattern]) => pattern.test(platform))?.[1];
  if (system !== undefined) return { kind: 'operating-system', reason: `for ${system}` };
  const machine = machineOf(target);
  if (platformTags(target.libc, machine).includes(platform)) return undefined;
  const parts = /^(manylinux|musllinux)(?:_(\d+)_(\d+)|(1|2010|2014))_(.+)$/.exec(platform);
  const linux = parts?.[5] ?? /^linux_(.+)$/.exec(platform)?.[1];
  if (linux === undefined) {
    return { kind: 'platform', reason: `for the platform \`${platform}\`` };
  }
  if (linux !== machine) return { kind: 'architecture', reason: `for ${linux}; the target is ${machine}` };
  const family = parts?.[1] === 'musllinux' ? 'musl' : 'glibc';
  const has = `${target.libc.family} ${target.libc.version}`;
  const needed = parts?.[2] === undefined ? '' : ` ${parts[2]}.${parts[3]}`;
  return { kind: 'libc', reason: `needs ${family}${needed}; the base has ${has}` };
}

function listInterpreters(tags: readonly string[]): string {
  return [...new Set(tags.map((tag) => tag.slice(0, tag.indexOf('-'))))].join(', ');
}
