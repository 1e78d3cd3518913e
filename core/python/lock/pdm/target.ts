/** Whether one of the environments that a pdm.lock is limited to is the target's. */
import { machineOf, type PythonTarget } from '../../target.ts';
import { Version } from '../../version.ts';
import { LockPlatformError, LockPythonError } from '../lock-error.ts';
import type { PdmLock, PdmTarget } from './pdm-lock.ts';

/** What PDM calls machines by other names than `uname -m`. */
const MACHINES: Readonly<Record<string, string>> = {
  amd64: 'x86_64',
  arm64: 'aarch64',
  x86: 'i686',
  i386: 'i686',
  i586: 'i686',
};

const ALIASES: Readonly<Record<string, string>> = {
  linux: 'manylinux_2_40_x86_64',
  alpine: 'musllinux_1_2_x86_64',
};

/**
 * As with PDM a C library that is older than the one that was locked for is let pass: each file says for itself what
 * it needs.
 *
 * @throws LockPythonError where none of the environments is of the target's Python, else LockPlatformError
 */
export function refuseTarget({ file, targets }: PdmLock, target: PythonTarget): void {
  if (targets.length === 0) return;
  const release = Version.from({ epoch: 0, release: Version.parse(target.version).release });
  const ofPython = targets.filter((one) => one.requiresPython.some((python) => python.contains(release)));
  if (ofPython.length === 0) {
    const pythons = targets.map(({ requiresPython }) => requiresPython.map(String).join(' || '));
    throw new LockPythonError(file, [...new Set(pythons)].join(' || '), target);
  }
  if (!ofPython.some((one) => isPlatformOf(one, target) && isImplementationOf(one, target))) {
    throw new LockPlatformError(
      file,
      targets.map(({ text }) => text),
      target,
    );
  }
}

function isPlatformOf({ platform }: PdmTarget, target: PythonTarget): boolean {
  if (platform === undefined) return true;
  const spelled = ALIASES[platform] ?? platform;
  const [, family, arch = ''] = /^(manylinux|musllinux)_\d+_\d+_(.+)$/.exec(spelled) ?? [];
  const libc = family === 'manylinux' ? 'glibc' : family === 'musllinux' ? 'musl' : undefined;
  return libc === target.libc.family && (MACHINES[arch] ?? arch) === machineOf(target);
}

function isImplementationOf({ implementation, gilDisabled }: PdmTarget, target: PythonTarget): boolean {
  if (implementation === undefined) return true;
  return implementation === target.implementation && gilDisabled === /\dt/.test(target.abi);
}
