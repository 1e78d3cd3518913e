/** Container engines that a finished image can be loaded into. What an image is made of is not known here. */
export type { Engine, EngineHost, Loaded, LoadRequest } from './engine.ts';
export { findEngine } from './find.ts';
