/** OCI image layouts: folders that hold images (image specification, "OCI Image Layout"). */
export { LayoutError, REF_NAME, tagOf } from './layout/folder.ts';
export {
  chooseEntries,
  LayoutTagError,
  openLayout,
  type ReadLayoutOptions,
  readLayout,
} from './layout/read-layout.ts';
export {
  type LayoutContents,
  type LayoutEntries,
  LayoutWriteError,
  writeLayout,
  writeLayoutEntries,
} from './layout/write-layout.ts';
