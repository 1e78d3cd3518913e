/**
 * Compatibility tags (PyPA's "Platform compatibility tags": PEP 425, 600 and 656): those that a target's Python
 * accepts, in its order of preference, and the ones that a wheel carries.
 */
import { PycError } from '../primitives/errors.ts';
import { type Libc, machineOf, type PythonTarget, pythonVersionOf, TargetError } from './target.ts';

/** A text that should be a compatibility tag of a wheel is none. */
export class TagError extends PycError {
  readonly code = 'PYC_TAG_INVALID';
}

/** The architectures that PEP 600's tags exist for; on 32-bit ARM images the ABI is always hard-float. */
const MANYLINUX: ReadonlySet<string> = new Set([
  'x86_64',
  'i686',
  'aarch64',
  'armv7l',
  'ppc64',
  'ppc64le',
  's390x',
  'riscv64',
  'loongarch64',
]);

/** The names that PEP 513, 571 and 599 gave to a glibc's minor version, before PEP 600. */
const LEGACY: Readonly<Record<number, string>> = {
  17: 'manylinux2014',
  12: 'manylinux2010',
  5: 'manylinux1',
};

const ABBREVIATIONS = { cpython: 'cp', pypy: 'pp', graalpy: 'graalpy' } as const;

/** The first CPython with a stable ABI (PEP 384). */
const FIRST_ABI3 = 2;

const COMPONENT = /^[a-z0-9_]+$/;
const INTERPRETER = /^[a-z][a-z0-9_]*$/;

/**
 * Every tag that the target accepts, most wanted first. Platforms run from the newest libc to the oldest, with
 * `linux_*` last.
 *
 * @throws TargetError where the target's version or libc is none
 */
export function compatibleTags(target: PythonTarget): string[] {
  const { major, minor } = pythonVersionOf(target);
  const platforms = platformTags(target.libc, machineOf(target));
  const on = (interpreter: string, abi: string): string[] =>
    platforms.map((platform) => `${interpreter}-${abi}-${platform}`);
  const own = `${ABBREVIATIONS[target.implementation]}${major}${minor}`;
  const generic = genericInterpreters(major, minor);
  // Pure wheels for PyPy name its major version alone, and there are none for GraalPy.
  const pure = { cpython: [own], pypy: [`pp${major}`], graalpy: [] }[target.implementation];
  return [
    ...(target.implementation === 'cpython'
      ? cpythonTags(minor, target.abi, on)
      : [...on(own, target.abi), ...on(own, 'none')]),
    ...generic.flatMap((interpreter) => on(interpreter, 'none')),
    ...[...pure, ...generic].map((interpreter) => `${interpreter}-none-any`),
  ];
}

/**
 * The tags of a wheel's file name or its WHEEL file, the compressed sets taken apart:
 * `py2.py3-none-any` is two.
 *
 * @throws TagError for anything but three sets of letters, digits and underscores
 */
export function parseTags(text: string): string[] {
  const [interpreters, abis, platforms, ...rest] = text
    .toLowerCase()
    .split('-')
    .map((set) => set.split('.'));
  if (interpreters === undefined || abis === undefined || platforms === undefined || rest.length > 0) {
    throw refuse(text, 'it does not consist of three parts');
  }
  if (!interpreters.every((interpreter) => INTERPRETER.test(interpreter))) {
    throw refuse(text, 'an interpreter begins with a letter');
  }
  if (![...abis, ...platforms].every((component) => COMPONENT.test(component))) {
    throw refuse(text, 'a part holds something else than letters, digits and `_`');
  }
  const tags = interpreters.flatMap((interpreter) =>
    abis.flatMap((abi) => platforms.map((platform) => `${interpreter}-${abi}-${platform}`)),
  );
  return [...new Set(tags)];
}

/**
 * The things whose tags a target accepts, best first; those that it likes equally keep their order.
 *
 * @param supported the target's tags, most wanted first
 */
export function sortByTags<T>(
  things: Iterable<T>,
  supported: readonly string[],
  tagsOf: (thing: T) => Iterable<string>,
): T[] {
  const ranks = tagRanks(supported);
  return [...things]
    .map((thing) => ({ thing, rank: bestRank(tagsOf(thing), ranks) }))
    .filter(({ rank }) => rank !== Number.POSITIVE_INFINITY)
    .sort((a, b) => a.rank - b.rank)
    .map(({ thing }) => thing);
}

/** Each tag with its place; of a tag that is there twice, the first. */
export function tagRanks(supported: readonly string[]): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>();
  for (const [rank, tag] of supported.entries()) if (!ranks.has(tag)) ranks.set(tag, rank);
  return ranks;
}

/** The lowest place of any of these tags, `Infinity` where none is supported. */
export function bestRank(tags: Iterable<string>, ranks: ReadonlyMap<string, number>): number {
  let best = Number.POSITIVE_INFINITY;
  for (const tag of tags) best = Math.min(best, ranks.get(tag) ?? best);
  return best;
}

/**
 * The platforms that a libc accepts on a machine, newest first.
 *
 * @param machine as in {@link machineOf}
 * @throws TargetError where the libc's version is not `MAJOR.MINOR`
 */
export function platformTags(libc: Libc, machine: string): string[] {
  const [, major, minor] = /^(\d{1,4})\.(\d{1,4})(?:\.|$)/.exec(libc.version) ?? [];
  if (major === undefined || minor === undefined) {
    throw new TargetError(`\`${libc.version}\` is not the version of a libc`, {
      hint: 'state it as `glibc-2.36` or `musl-1.2`',
    });
  }
  const portable = libc.family === 'musl' ? musllinux : manylinux;
  return [...portable(Number(major), Number(minor), machine), `linux_${machine}`];
}

/** PEP 600. The floor is what PEP 513 and, for the other architectures, PEP 599 began with. */
function manylinux(major: number, newest: number, machine: string): string[] {
  if (major !== 2 || !MANYLINUX.has(machine)) return [];
  const floor = machine === 'x86_64' || machine === 'i686' ? 5 : 17;
  return descending(newest, floor).flatMap((minor) => {
    const legacy = LEGACY[minor];
    const tag = `manylinux_2_${minor}_${machine}`;
    return legacy === undefined ? [tag] : [tag, `${legacy}_${machine}`];
  });
}

/** PEP 656. */
function musllinux(major: number, newest: number, machine: string): string[] {
  return descending(newest, 0).map((minor) => `musllinux_${major}_${minor}_${machine}`);
}

/**
 * Free-threaded builds have a stable ABI of their own, `abi3t`, and never take `abi3`. Debug builds also load what was
 * made for the others.
 */
function cpythonTags(
  minor: number,
  abi: string,
  on: (interpreter: string, abi: string) => string[],
): string[] {
  const stable = /td?$/.test(abi) ? 'abi3t' : 'abi3';
  const own = `cp3${minor}`;
  return [
    ...on(own, abi),
    ...(abi.endsWith('d') ? on(own, abi.slice(0, -1)) : []),
    ...on(own, stable),
    ...on(own, 'none'),
    ...descending(minor - 1, FIRST_ABI3).flatMap((older) => on(`cp3${older}`, stable)),
  ];
}

function genericInterpreters(major: number, minor: number): string[] {
  return [
    `py${major}${minor}`,
    `py${major}`,
    ...descending(minor - 1, 0).map((older) => `py${major}${older}`),
  ];
}

function descending(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, from - to + 1) }, (_, index) => from - index);
}

function refuse(text: string, why: string): TagError {
  return new TagError(`\`${text.slice(0, 200)}\` is not a compatibility tag: ${why}`, {
    hint: 'a tag reads `interpreter-abi-platform`, such as `cp312-abi3-manylinux_2_17_x86_64`',
  });
}
