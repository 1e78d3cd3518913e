/** Whether what was installed for the Python of one base runs with that of another. */
import type { DetectedPython, Libc } from '../../python/index.ts';

/** All that does not fit; empty where everything does. A newer patch release and a newer C library do. */
export function unfitness(before: DetectedPython, after: DetectedPython): readonly string[] {
  const [old, next] = [before.target, after.target];
  const faults: string[] = [];
  const same = (what: string, was: string, is: string): void => {
    if (was !== is) faults.push(`${what} was \`${was}\`, and is \`${is}\` there`);
  };
  same('the implementation of Python', old.implementation, next.implementation);
  same('the version of Python', minorOf(old.version), minorOf(next.version));
  same('the ABI of Python', old.abi, next.abi);
  same('the interpreter', before.interpreter, after.interpreter);
  same('the architecture', machine(old), machine(next));
  same('the C library', old.libc.family, next.libc.family);
  if (old.libc.family === next.libc.family && isOlder(next.libc, old.libc)) {
    faults.push(`the C library was ${textOf(old.libc)}, and is ${textOf(next.libc)} there, which is older`);
  }
  return faults;
}

function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

function machine({ architecture, variant }: DetectedPython['target']): string {
  return variant === undefined ? architecture : `${architecture}/${variant}`;
}

function isOlder(one: Libc, other: Libc): boolean {
  const [a = 0, b = 0] = one.version.split('.').map(Number);
  const [c = 0, d = 0] = other.version.split('.').map(Number);
  return a < c || (a === c && b < d);
}

function textOf({ family, version }: Libc): string {
  return `${family} ${version}`;
}
