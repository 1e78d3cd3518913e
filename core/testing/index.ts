/**
 * What `pycontainer/testing` offers to the authors of plugins: a build in memory with matchers for what came of it, servers
 * on loopback that speak the real protocols, and makers of wheels and images. Nothing here is used by a build.
 */
export {
  buildInMemory,
  type InMemoryBuild,
  type InMemoryOptions,
} from './build-in-memory.ts';
export type { BuiltAttachment, BuiltImage, BuiltImageLayer } from './built-image.ts';
export { type FakeFile, type FakeIndex, type FakeIndexOptions, startFakeIndex } from './fake-index.ts';
export {
  type FakeObjectStore,
  type FakeObjectStoreOptions,
  startFakeObjectStore,
} from './fake-object-store.ts';
export {
  type FakeRegistry,
  type FakeRegistryOptions,
  type FakeRepository,
  startFakeRegistry,
} from './fake-registry.ts';
export {
  type Answer,
  answerBytes,
  type FakeRequest,
  type FakeServer,
  type FakeServerOptions,
  type Fault,
  type FaultInjector,
  type LoggedRequest,
  startFakeServer,
} from './fake-server.ts';
export type { ImageFile, ImageFiles } from './image-files.ts';
export {
  type BaseRecipe,
  type ImageFileRecipe,
  type ImageRecipe,
  type LayerRecipe,
  type MadeImage,
  type MadeLayer,
  makeBase,
  makeImage,
  makeLayer,
  putImage,
  writeImage,
} from './images.ts';
export {
  type BuildExpectation,
  type BuildMatchers,
  type ExpectedText,
  expectBuild,
  type MatcherContext,
  type MatcherResult,
  matchers,
} from './matchers/index.ts';
export { lockWheels, offerWheel, type ProjectRecipe } from './project.ts';
export type { FakeAccess } from './registry-access.ts';
export { faultsInTurn, type RegistryFault, type RegistryStep, registryStep } from './registry-faults.ts';
export { type FakeSigstore, type FakeSigstoreOptions, startFakeSigstore } from './sigstore/fake-sigstore.ts';
export { makeWheel, type WheelFileRecipe, type WheelRecipe, wheelFileName } from './wheels.ts';
export { makeZip, type ZipFields, type ZipOptions, type ZipRecipe } from './zip.ts';
