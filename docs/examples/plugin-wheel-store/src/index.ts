/**
 * Finds wheels in a bucket of an object store that speaks S3's plain GET, as MinIO, Ceph and others do. Only what a lock
 * names with a SHA-256 is looked for, and nothing else than those bytes is taken.
 */
import { definePlugin } from 'pycontainer';
import { fetchWheel } from './fetch-wheel.ts';
import { options } from './options.ts';

const NAME = 'pycontainer-plugin-wheel-store';

export default definePlugin({
  name: NAME,
  options,
  apply(hooks, api, place) {
    hooks.wheel.tapPromise(NAME, ({ distribution }, { signal }) =>
      fetchWheel(distribution, place, api, signal),
    );
  },
});
