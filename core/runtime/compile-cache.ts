/** Compiled code that is kept between runs, so that a start reads it and compiles nothing. Node 22.8 and later can. */
import * as nodeModule from 'node:module';

/** Younger than the oldest Node that is supported, and absent in Deno. */
interface CompileCache {
  readonly enableCompileCache?: (directory: string) => unknown;
}

/**
 * Keeps what is compiled from now on. Where the folder cannot be written nothing is kept, and nothing is said.
 *
 * @param directory - absolute, and the user's own: what lies there is run
 */
export function keepCompiledCode(directory: string): void {
  (nodeModule as CompileCache).enableCompileCache?.(directory);
}
