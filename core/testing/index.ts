/**
 * What `pycontainer/testing` offers to the authors of plugins: servers on loopback that speak the real protocols, and makers of
 * wheels. Nothing here is used by a build.
 */
export { type FakeFile, type FakeIndex, type FakeIndexOptions, startFakeIndex } from './fake-index.ts';
export {
  type FakeRegistry,
  type FakeRegistryOptions,
  type FakeRepository,
  type FaultInjector,
  type LoggedRequest,
  startFakeRegistry,
} from './fake-registry.ts';
export { makeWheel, type WheelFileRecipe, type WheelRecipe, wheelFileName } from './wheels.ts';
export { makeZip, type ZipFields, type ZipOptions, type ZipRecipe } from './zip.ts';
