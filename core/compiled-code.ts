/** Where the compiled code of this program is kept between runs: in the store's folder, which is the user's own. */
import { join } from 'node:path';
import { keepCompiledCode } from './runtime/compile-cache.ts';
import { storeDirectory } from './store/location.ts';

/** Keeps what is compiled from now on, where the runtime can. @param cwd - absolute */
export function keepOwnCode(env: Readonly<Record<string, string | undefined>>, cwd: string): void {
  keepCompiledCode(join(storeDirectory(env, cwd), 'compiled'));
}
