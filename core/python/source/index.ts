/** Reading Python sources for facts, without Python: what presets are made of. */
export { dottedName } from './binding.ts';
export { decodeSource } from './decode.ts';
export type { Argument, Expression } from './expression.ts';
export { classesOf } from './instance.ts';
export { readModule } from './module-reader.ts';
export { type Resolved, resolveExpression, resolveObject } from './resolve.ts';
export { SourceError } from './source-error.ts';
export { createSourceTree, type SourceFiles, type SourceTree } from './source-tree.ts';
export type { Condition, Parameter, SourceModule, Statement } from './statement.ts';
