/**
 * What `pycontainer/testing` offers to the authors of plugins: a build in memory, servers on loopback that speak the
 * real protocols, and makers of wheels. Nothing here is used by a build.
 */
export {
  buildInMemory,
  type InMemoryBuild,
  type InMemoryOptions,
} from './build-in-memory.ts';
export type { BuiltAttachment, BuiltImage, BuiltImageLayer } from './built-image.ts';
export { type FakeFile, type FakeIndex, type FakeIndexOptions, startFakeIndex } from './fake-index.ts';
export {
  type FakeRegistry,
  type FakeRegistryOptions,
  type FakeRepository,
  type FaultInjector,
  type LoggedRequest,
  startFakeRegistry,
} from './fake-registry.ts';
export type { ImageFile, ImageFiles } from './image-files.ts';
export {
  type BuildExpectation,
  type BuildMatchers,
  type ExpectedText,
  expectBuild,
  type MatcherResult,
  matchers,
} from './matchers/index.ts';
export { lockWheels, offerWheel, type ProjectRecipe } from './project.ts';
export { makeWheel, type WheelFileRecipe, type WheelRecipe, wheelFileName } from './wheels.ts';
export { makeZip, type ZipFields, type ZipOptions, type ZipRecipe } from './zip.ts';
