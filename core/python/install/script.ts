/**
 * Scripts in `bin`: those made of entry points (PyPA's "Entry points specification", "Use for scripts"), and those that
 * a wheel brings, whose first line is pointed to the environment's Python.
 */
import type { EntryPoint } from '../entry-points.ts';

/** What a wheel's script begins with where it wants to be run by the environment's Python. */
export const PYTHON_SHEBANG = '#!python';

/** Linux reads no more of a first line. */
const MAX_SHEBANG = 127;

/** A script that calls an entry point's function and exits with what it returns. */
export function entryPointScript({ module, attribute }: EntryPoint, interpreter: string): Buffer {
  if (attribute === undefined)
    throw new TypeError('an entry point without a function cannot become a script');
  const imported = attribute.split('.')[0];
  const lines = [
    'import sys',
    '',
    `from ${module} import ${imported}`,
    '',
    'if __name__ == "__main__":',
    `    sys.exit(${attribute}())`,
    '',
  ];
  return Buffer.from(`${shebangFor(interpreter)}${lines.join('\n')}`);
}

/** Replaces the first line of a script that begins with {@link PYTHON_SHEBANG}. */
export function withInterpreter(script: Buffer, interpreter: string): Buffer {
  const newline = script.indexOf(0x0a);
  const rest = newline === -1 ? Buffer.alloc(0) : script.subarray(newline + 1);
  return Buffer.concat([Buffer.from(shebangFor(interpreter)), rest]);
}

/**
 * The lines that make the kernel run a script with an interpreter. A path that is too long or has a space goes through
 * the shell: to it the second line is a command, to Python the start of a text.
 */
export function shebangFor(interpreter: string): string {
  const plain = `#!${interpreter}`;
  if (Buffer.byteLength(plain) <= MAX_SHEBANG && !/\s/.test(interpreter)) return `${plain}\n`;
  return `#!/bin/sh\n'''exec' "${interpreter}" "$0" "$@"\n' '''\n`;
}

/**
 * Whether a script in a wheel is what some tool already made of one of its entry points: the environment gets one of
 * its own instead.
 */
export function isWrapperOf(file: string, scripts: ReadonlySet<string>): boolean {
  const name = file.replace(/(?:\.exe|-script\.pyw?|\.pya)$/i, '');
  return scripts.has(file) || scripts.has(name);
}
