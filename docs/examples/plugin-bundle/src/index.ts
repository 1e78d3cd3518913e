/**
 * `--output bundle:FILE` writes a deployment bundle, for machines that no registry reaches: one tar with the image as an OCI
 * layout, `manifest.json`, which says what it is, and `SHA256SUMS`. With `alongside` every push writes one as well.
 */
import { isAbsolute, resolve } from 'node:path';
import { type Destination, definePlugin } from 'pycontainer';
import * as z from 'zod';
import { writeBundle } from './write-bundle.ts';

const NAME = 'pycontainer-plugin-bundle';

const options = z
  .strictObject({
    /** A file, relative to the project, that gets the bundle of whatever is pushed to a registry. */
    alongside: z.string().min(1).optional(),
  })
  .prefault({});

export default definePlugin({
  name: NAME,
  options,
  apply(hooks, api, { alongside }) {
    const { directory } = api.config;
    hooks.destination.tap(NAME, ({ spec, scheme, location }) =>
      scheme === 'bundle' ? bundle(spec, location, directory) : undefined,
    );
    if (alongside === undefined) return;
    hooks.publish.tap(NAME, (plan) => {
      const isPushed = plan.destinations.some(({ name }) => name.startsWith('registry:'));
      if (!isPushed) return plan;
      const further = bundle(`bundle:${alongside}`, alongside, directory);
      return { ...plan, destinations: [...plan.destinations, further] };
    });
  },
});

function bundle(name: string, location: string, directory: string): Destination {
  const file = isAbsolute(location) ? location : resolve(directory, location);
  return {
    name,
    async publish(build, context) {
      await writeBundle(file, build, context);
      const { digest } = (build.index ?? build.images[0]!.manifest).descriptor;
      return {
        destination: name,
        reference: `bundle:${file}`,
        digest,
        // Nothing is uploaded.
        bytesUploaded: 0,
        blobsUploaded: 0,
        blobsMounted: 0,
        blobsPresent: 0,
      };
    },
  };
}
