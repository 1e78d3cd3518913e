/** What a Python says of itself in files: `build-details.json` (PEP 739) and sysconfig's data. None is executed. */
import type { Implementation } from '../target.ts';

/** What could be learnt; each member is absent where the file does not say it. */
export interface BuildDetails {
  readonly implementation: Implementation | undefined;
  /** The language's version in full. */
  readonly version: string | undefined;
  /** The implementation's version where it is not CPython's. */
  readonly implementationVersion: string | undefined;
  /** As in a wheel's tag. */
  readonly abi: string | undefined;
}

type Table = Readonly<Record<string, unknown>>;

const LEVELS: ReadonlyMap<unknown, string> = new Map([
  ['alpha', 'a'],
  ['beta', 'b'],
  ['candidate', 'rc'],
]);

/** Reads PEP 739's file; `undefined` where it is no such document. */
export function readBuildDetails(bytes: Uint8Array): BuildDetails | undefined {
  const document = tableOf(parseJson(Buffer.from(bytes).toString('utf8')));
  const implementation = tableOf(document.implementation);
  const name = implementation.name;
  if (name !== 'cpython' && name !== 'pypy' && name !== 'graalpy') return undefined;
  const own = versionOf(tableOf(implementation.version));
  const suffix = tableOf(document.abi).extension_suffix;
  const version =
    versionOf(tableOf(tableOf(document.language).version_info)) ?? (name === 'cpython' ? own : undefined);
  return {
    implementation: name,
    version,
    implementationVersion: name === 'cpython' ? undefined : own,
    abi:
      abiOf(typeof suffix === 'string' ? suffix.replace(/^\./, '') : '') ??
      abiOfFlags(document, name, version),
  };
}

/** The ABI that sysconfig's data names: SOABI, or for builds without one Py_GIL_DISABLED. */
export function readSysconfigAbi(bytes: Uint8Array, minor: number): string | undefined {
  const text = Buffer.from(bytes).toString('latin1');
  const soabi = /['"]SOABI['"]\s*:\s*['"]([^'"]*)['"]/.exec(text)?.[1];
  const abi = soabi === undefined ? undefined : abiOf(soabi);
  if (abi !== undefined) return abi;
  const disabled = /['"]Py_GIL_DISABLED['"]\s*:\s*(\d)/.exec(text)?.[1];
  return disabled === undefined ? undefined : `cp3${minor}${disabled === '1' ? 't' : ''}`;
}

/** `cpython-313t-x86_64-linux-gnu` is `cp313t`; `pypy310-pp73-x86_64-linux-gnu` is `pypy310_pp73`. */
function abiOf(soabi: string): string | undefined {
  const cpython = /^cpython-(\d{2,3}[a-z]*)(?:-|\.|$)/.exec(soabi)?.[1];
  if (cpython !== undefined) return `cp${cpython}`;
  return /^(pypy\d{2,3}-pp\d+|graalpy\d*-\d{2,3}-native)(?:-|\.|$)/.exec(soabi)?.[1]?.replaceAll('-', '_');
}

function abiOfFlags(document: Table, name: Implementation, version: string | undefined): string | undefined {
  const [major, minor] = version?.split('.') ?? [];
  const flags = tableOf(document.abi).flags;
  if (name !== 'cpython' || major === undefined || minor === undefined || !Array.isArray(flags))
    return undefined;
  return `cp${major}${minor}${flags.filter((flag) => flag === 't' || flag === 'd').join('')}`;
}

function versionOf({ major, minor, micro, releaselevel, serial }: Table): string | undefined {
  const level = LEVELS.get(releaselevel);
  if (![major, minor, micro, level === undefined ? 0 : serial].every(isNatural)) return undefined;
  return `${major}.${minor}.${micro}${level === undefined ? '' : `${level}${serial}`}`;
}

function isNatural(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function tableOf(value: unknown): Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Table) : {};
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
