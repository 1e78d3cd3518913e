/**
 * The public face of the Python packaging standards, exported as `pycontainer/python`. Every parser throws a
 * `PycError` on what its standard refuses, and printing gives the normalised form.
 */

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
export { Requirement, RequirementError, type RequirementParts } from './requirement.ts';
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
