/**
 * Base images assembled from Debian's signed packages, with no registry: `debian('trixie', { packages })` in
 * a configuration, `apt:SUITE` on the command line.
 */
import { type BaseSource, definePlugin, type Plugin } from 'pycontainer';
import { debianBase } from './debian-base.ts';
import { type DebianOptions, debianOptions, readOptions } from './options.ts';

export type { DebianOptions } from './options.ts';
export { debianOptions } from './options.ts';

const SCHEME = 'apt:';

/** The plugin: answers `base` for `apt:SUITE` with the given options. */
const plugin: (options: DebianOptions) => Plugin = definePlugin({
  name: 'debian',
  options: debianOptions,
  apply(hooks, _api, options) {
    hooks.base.tap('debian', ({ reference }) =>
      reference.startsWith(SCHEME) ? debian(reference.slice(SCHEME.length), options) : undefined,
    );
  },
});

/**
 * With a suite, a base for `base` in a configuration; without, the plugin that makes `apt:SUITE` known.
 *
 * @throws DebianOptionsError with all faults of the options
 */
function debian(suite: string, options?: DebianOptions): BaseSource;
function debian(options?: DebianOptions): Plugin;
function debian(first: string | DebianOptions = {}, options: DebianOptions = {}): BaseSource | Plugin {
  return typeof first === 'string' ? debianBase(readOptions(first, options)) : plugin(first);
}

export default debian;
