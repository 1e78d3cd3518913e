/** OCI image layouts: folders that hold images (image specification, "OCI Image Layout"). */
export { LayoutError } from './layout/folder.ts';
export { LayoutTagError, type ReadLayoutOptions, readLayout } from './layout/read-layout.ts';
export { type LayoutContents, LayoutWriteError, writeLayout } from './layout/write-layout.ts';
