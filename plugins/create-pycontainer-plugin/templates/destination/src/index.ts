/** `--output listing:FILE` writes down which paths a build puts into each image. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { definePlugin, formatPlatform } from 'pycontainer';
import * as z from 'zod';

const NAME = 'pycontainer-plugin-example';

/** What a configuration may say. It is checked, with all else that is wrong there, before anything runs. */
const options = z
  .strictObject({
    /** Directories are listed as well. */
    directories: z.boolean().default(false),
  })
  .prefault({});

export default definePlugin({
  name: NAME,
  options,
  apply(hooks, api, { directories }) {
    hooks.destination.tap(NAME, ({ spec, scheme, location }) => {
      if (scheme !== 'listing') return undefined;
      const file = resolve(api.config.directory, location);
      return {
        name: spec,
        async publish({ images, index }, { signal }) {
          const lines: string[] = [];
          for (const { platform, tree } of images) {
            for await (const [path, { type }] of tree.entries(signal)) {
              if (directories || type !== 'directory') lines.push(`${formatPlatform(platform)} /${path}\n`);
            }
          }
          await mkdir(dirname(file), { recursive: true });
          await writeFile(file, lines.join(''), { signal });
          return {
            destination: spec,
            reference: file,
            digest: (index ?? images[0]!.manifest).descriptor.digest,
            bytesUploaded: 0,
            blobsUploaded: 0,
            blobsMounted: 0,
            blobsPresent: 0,
          };
        },
      };
    });
  },
});
