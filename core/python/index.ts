/**
 * The public face of the Python packaging standards, exported as `pycontainer/python`. Every parser throws a
 * `PycError` on what its standard refuses, and printing gives the normalised form.
 */

export {
  DependencyGroupError,
  type DependencyGroupItem,
  type DependencyGroupTable,
  lookUpDependencyGroup,
  resolveDependencyGroups,
} from './dependency-groups.ts';
export {
  type ArchiveInfo,
  type DirectoryInfo,
  type DirectUrl,
  DirectUrlError,
  parseDirectUrl,
  printDirectUrl,
  type VcsInfo,
} from './direct-url.ts';
export {
  type EntryPoint,
  EntryPointError,
  type EntryPoints,
  parseEntryPoints,
  SCRIPT_GROUPS,
} from './entry-points.ts';
export {
  type Distribution,
  type DistributionFile,
  type FileReader,
  type FileRefusal,
  findLocks,
  isPylockName,
  type LockChoice,
  type LockFile,
  LockFormatError,
  LockPathError,
  type LockPreference,
  type LockReaderOptions,
  type LockWarning,
  preferredLocks,
  type ReadLockOptions,
  type Rejection,
  readLock,
  type Selection,
  type SourceKind,
} from './lock/index.ts';
export {
  Marker,
  type MarkerComparison,
  type MarkerEnvironment,
  MarkerError,
  MarkerEvaluationError,
  type MarkerExpression,
  type MarkerGroup,
  type MarkerOperand,
  type MarkerOperator,
  type MarkerVariable,
} from './marker.ts';
export { isName, isNormalizedName, NameError, normalizeName, parseName } from './name.ts';
export { type ObjectReference, parseObjectReference } from './object-reference.ts';
export {
  type BuildSystem,
  type Contact,
  type License,
  type ProjectMetadata,
  type Pyproject,
  PyprojectError,
  type PyprojectFault,
  parsePyproject,
  type Readme,
} from './pyproject.ts';
export {
  type BaseFacts,
  type BaseFiles,
  type DetectedPython,
  detectPython,
  isTargetFile,
  PythonNotFoundError,
  PythonUnknownError,
  TARGET_FILES,
} from './python-detection.ts';
export { Requirement, RequirementError, type RequirementParts } from './requirement.ts';
export {
  type Argument,
  type Condition,
  classesOf,
  createSourceTree,
  decodeSource,
  dottedName,
  type Expression,
  type Parameter,
  type Resolved,
  readModule,
  resolveExpression,
  resolveObject,
  SourceError,
  type SourceFiles,
  type SourceModule,
  type SourceTree,
  type Statement,
} from './source/index.ts';
export {
  type Operator,
  type PrereleaseOptions,
  type SpecifierClause,
  SpecifierError,
  SpecifierSet,
} from './specifier.ts';
export { bestRank, compatibleTags, parseTags, platformTags, sortByTags, TagError, tagRanks } from './tags.ts';
export {
  type Implementation,
  type Libc,
  machineOf,
  markerEnvironment,
  type PythonTarget,
  pythonVersionOf,
  TargetError,
} from './target.ts';
export {
  compareVersions,
  type PreReleasePhase,
  Version,
  VersionError,
  type VersionNumber,
  type VersionParts,
} from './version.ts';
export {
  type BuildTag,
  compareBuildTags,
  FilenameError,
  parseSdistFilename,
  parseWheelFilename,
  type SdistFilename,
  type WheelFilename,
} from './wheel-filename.ts';
