/**
 * `--output wheelhouse:DIR`: the wheels that the images hold, those of all platforms in one folder, with a requirements
 * file that pins their hashes. What else is in the images is no wheel, and not written.
 */
import { isAbsolute, resolve } from 'node:path';
import {
  type Destination,
  definePlugin,
  digestOf,
  type FinishedBuild,
  mapConcurrently,
  type PartWheel,
  type PluginApi,
} from 'pycontainer';
import { checkFolder, writeFolder } from './folder.ts';
import { type HousedWheel, placesOf, requirementsText } from './requirements.ts';

export { WheelhouseOccupiedError, WheelhouseWriteError } from './folder.ts';

const NAME = 'wheelhouse';

/** Wheels that are fetched at once where the store does not have them. */
const PARALLEL = 16;

/** The plugin: answers `destination` for `wheelhouse:DIR`. It is there without being named where an output asks for it. */
export default definePlugin({
  name: NAME,
  apply(hooks, api) {
    hooks.destination.tapPromise(NAME, async ({ spec, scheme, location }) => {
      if (scheme !== NAME) return undefined;
      const directory = isAbsolute(location) ? location : resolve(api.config.directory, location);
      await checkFolder(directory);
      return wheelhouse(spec, directory, api);
    });
  },
});

function wheelhouse(name: string, directory: string, api: PluginApi): Destination {
  return {
    name,
    async publish(build, { signal }) {
      const wheels = await wheelsOf(build, api, signal);
      const requirements = Buffer.from(
        requirementsText(wheels, [build.name, build.version].filter(Boolean).join(' ')),
      );
      await api.store.exclusive(
        `wheelhouse ${directory}`,
        () => writeFolder(directory, wheels, requirements, signal),
        signal,
      );
      return {
        destination: name,
        reference: directory,
        digest: digestOf(requirements),
        bytesUploaded: 0,
        blobsUploaded: 0,
        blobsMounted: 0,
        blobsPresent: 0,
      };
    },
  };
}

/** Each wheel once, by the name of its file, with its bytes on this host: those that no layer needed are fetched now. */
async function wheelsOf(
  build: FinishedBuild,
  { log }: PluginApi,
  signal: AbortSignal,
): Promise<readonly HousedWheel[]> {
  const wheels = new Map<string, PartWheel>();
  for (const { platform, tree } of build.images) {
    for (const { name, role, wheel } of tree.parts) {
      if (wheel !== undefined) wheels.set(wheel.name, wheel);
      else if (role === 'dependency') {
        log.warn({
          /**
           * A plugin put something among the distributions that is no wheel. The image has it, and the wheelhouse does not: add
           * it by hand where what is installed from the wheelhouse needs it.
           */
          code: 'PYC_WHEELHOUSE_INCOMPLETE',
          message: `\`${name}\` is in the image for ${platform.os}/${platform.architecture} and is no wheel: the wheelhouse lacks it`,
        });
      }
    }
  }
  const places = placesOf(build);
  const sorted = [...wheels.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return mapConcurrently(sorted, PARALLEL, signal, async (wheel, inner) => ({
    name: wheel.name,
    ...(await wheel.open(inner)),
    machines: places.get(wheel.name),
  }));
}
