/** Finds wheels in a folder of a web server, by their file names. What is not there is left to others. */
import { definePlugin, download, isDigest, isPycError } from 'pycontainer';
import * as z from 'zod';

const NAME = 'pycontainer-plugin-example';

/** What a configuration must say. It is checked, with all else that is wrong there, before anything runs. */
const options = z.strictObject({
  /** Address of the folder. */
  folder: z.url({ protocol: /^https?$/ }),
});

export default definePlugin({
  name: NAME,
  options,
  apply(hooks, { http, store }, { folder }) {
    hooks.wheel.tapPromise(NAME, async ({ distribution: { file } }, { signal }) => {
      const digest = file?.hashes.find(isDigest);
      // Without a hash in the lock nobody could tell whether it is the right file.
      if (file === undefined || digest === undefined) return undefined;
      const url = `${folder.replace(/\/$/, '')}/${encodeURIComponent(file.name)}`;
      try {
        const bytes = download(http, { url, signal }, { expectedSize: file.size });
        const blob = await store.write(bytes, { digest, what: file.name }, signal);
        return { name: file.name, file: store.fileOf(digest), ...blob };
      } catch (error) {
        if (isPycError(error) && 'status' in error && error.status === 404) return undefined;
        throw error;
      }
    });
  },
});
