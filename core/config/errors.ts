/** What can be wrong with a configuration, as errors. Where each is noticed belongs to the modules beside this one. */
import { PycError } from '../primitives/errors.ts';

/** One thing that is wrong with a configuration. */
export interface ConfigFault {
  /** Dotted, as in `python.version` or `platforms.0`; of several images, the image's index comes first. */
  readonly path: string;
  readonly message: string;
  /** Where the value was written: a file, a flag, a variable. */
  readonly origin: string;
  /** The valid name that was probably meant. */
  readonly nearest?: string;
}

/** The configuration holds values that it must not; `details` lists every {@link ConfigFault}. */
export class ConfigInvalidError extends PycError {
  readonly code = 'PYC_CONFIG_INVALID';
  override readonly exitCode = 2;
  declare readonly details: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    const what = faults.length === 1 ? 'one thing' : `${faults.length} things`;
    super(`the configuration has ${what} wrong`, { hint: hintFor(faults), details: faults });
  }
}

/** A configuration file that was named does not exist. */
export class ConfigMissingError extends PycError {
  readonly code = 'PYC_CONFIG_NOT_FOUND';
  override readonly exitCode = 2;
}

/** The folder that a command is asked to work on does not exist, or is none. */
export class DirectoryMissingError extends PycError {
  readonly code = 'PYC_DIRECTORY_NOT_FOUND';
  override readonly exitCode = 2;
}

/** A configuration file cannot be read, or is of a kind that is not known. */
export class ConfigUnreadableError extends PycError {
  readonly code = 'PYC_CONFIG_UNREADABLE';
  override readonly exitCode = 2;
}

/** A configuration module exports nothing by default. */
export class ConfigExportError extends PycError {
  readonly code = 'PYC_CONFIG_NO_EXPORT';
  override readonly exitCode = 2;
}

/** A configuration file is not well-formed; the message shows the place. */
export class ConfigSyntaxError extends PycError {
  readonly code = 'PYC_CONFIG_SYNTAX';
  override readonly exitCode = 2;
}

/** A configuration module imports something that cannot be found. */
export class ConfigImportError extends PycError {
  readonly code = 'PYC_CONFIG_IMPORT';
  override readonly exitCode = 2;
}

/** A configuration module, or the function that it exports, threw. */
export class ConfigFailedError extends PycError {
  readonly code = 'PYC_CONFIG_FAILED';
  override readonly exitCode = 2;
}

/** `extends` leads back to a file that is being read already. */
export class ConfigCycleError extends PycError {
  readonly code = 'PYC_CONFIG_CYCLE';
  override readonly exitCode = 2;
}

/** `--profile` names a profile that the configuration does not have. */
export class ProfileUnknownError extends PycError {
  readonly code = 'PYC_CONFIG_PROFILE_UNKNOWN';
  override readonly exitCode = 2;
}

/** `--only` names an image that the configuration does not have. */
export class ImageUnknownError extends PycError {
  readonly code = 'PYC_CONFIG_IMAGE_UNKNOWN';
  override readonly exitCode = 2;
}

/** A plugin that the configuration names cannot be found, or is none. */
export class PluginUnknownError extends PycError {
  readonly code = 'PYC_PLUGIN_UNKNOWN';
  override readonly exitCode = 2;
}

/** A preset that the configuration names cannot be found, or is none. */
export class PresetUnknownError extends PycError {
  readonly code = 'PYC_PRESET_UNKNOWN';
  override readonly exitCode = 2;
}

/** The options given to a plugin are not what its schema allows; `details` lists every fault. */
export class PluginOptionsError extends PycError {
  readonly code = 'PYC_PLUGIN_OPTIONS';
  override readonly exitCode = 2;
}

function hintFor(faults: readonly ConfigFault[]): string {
  const close = faults.find(({ nearest }) => nearest !== undefined);
  if (faults.length === 1 && close !== undefined) return `write \`${close.nearest}\``;
  return 'every key is described in docs/reference/configuration.md';
}
