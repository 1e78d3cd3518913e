/** Images in one file: OCI layouts as a tar, and what `docker save` writes. */
export { openArchive } from './archive/archive-contents.ts';
export { ArchiveReadError, type ReadArchiveOptions, readArchive } from './archive/read-archive.ts';
export { type ArchiveMember, ArchiveWriteError, tarBytes, writeTarFile } from './archive/tar-file.ts';
export {
  type DockerArchiveContents,
  type DockerArchiveOptions,
  dockerArchive,
  writeDockerArchive,
} from './archive/write-docker-archive.ts';
export {
  type ArchiveContents,
  type ArchiveEntry,
  namedArchive,
  writeArchive,
  writeArchiveEntry,
} from './archive/write-oci-archive.ts';
