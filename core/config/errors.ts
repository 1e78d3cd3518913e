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

/**
 * The configuration holds keys or values that it must not. `details` lists every fault with its dotted path, where
 * it was written, and the nearest valid name; correct them all at once.
 */
export class ConfigInvalidError extends PycError {
  readonly code = 'PYC_CONFIG_INVALID';
  override readonly exitCode = 2;
  declare readonly details: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    const what = faults.length === 1 ? 'one thing' : `${faults.length} things`;
    super(`the configuration has ${what} wrong`, { hint: hintFor(faults), details: faults });
  }
}

/** A configuration that was named, by `--config`, `PYC_CONFIG` or `extends`, does not exist. */
export class ConfigMissingError extends PycError {
  readonly code = 'PYC_CONFIG_NOT_FOUND';
  override readonly exitCode = 2;
}

/** The folder that the command is asked to work on does not exist, or is a file. */
export class DirectoryMissingError extends PycError {
  readonly code = 'PYC_DIRECTORY_NOT_FOUND';
  override readonly exitCode = 2;
}

/**
 * A configuration file cannot be read, is of a kind that no configuration has, or holds several images where one
 * is extended.
 */
export class ConfigUnreadableError extends PycError {
  readonly code = 'PYC_CONFIG_UNREADABLE';
  override readonly exitCode = 2;
}

/** A configuration module (`.ts`, `.mts`, `.js`, `.mjs`) has no default export. */
export class ConfigExportError extends PycError {
  readonly code = 'PYC_CONFIG_NO_EXPORT';
  override readonly exitCode = 2;
}

/** A configuration file is not well-formed; the message shows the line and the column. */
export class ConfigSyntaxError extends PycError {
  readonly code = 'PYC_CONFIG_SYNTAX';
  override readonly exitCode = 2;
}

/**
 * A configuration module imports a file or a package that cannot be found. Correct the path, or install the
 * package beside the configuration.
 */
export class ConfigImportError extends PycError {
  readonly code = 'PYC_CONFIG_IMPORT';
  override readonly exitCode = 2;
}

/** A configuration module, or the function that it exports, threw an error of its own. */
export class ConfigFailedError extends PycError {
  readonly code = 'PYC_CONFIG_FAILED';
  override readonly exitCode = 2;
}

/** `extends` leads back to a file that is being read already. */
export class ConfigCycleError extends PycError {
  readonly code = 'PYC_CONFIG_CYCLE';
  override readonly exitCode = 2;
}

/**
 * `--profile` or `PYC_PROFILE` names a profile that the configuration does not have. The hint names those there
 * are.
 */
export class ProfileUnknownError extends PycError {
  readonly code = 'PYC_CONFIG_PROFILE_UNKNOWN';
  override readonly exitCode = 2;
}

/** `--only` names an image that the configuration does not have. The hint names those there are. */
export class ImageUnknownError extends PycError {
  readonly code = 'PYC_CONFIG_IMAGE_UNKNOWN';
  override readonly exitCode = 2;
}

/**
 * A plugin that the configuration names is neither one of pycontainer's own nor an npm package that can be found
 * from the configuration, or what was found is no plugin.
 */
export class PluginUnknownError extends PycError {
  readonly code = 'PYC_PLUGIN_UNKNOWN';
  override readonly exitCode = 2;
}

/**
 * A preset that the configuration or `--preset` names is neither one of pycontainer's own nor an npm package that
 * can be found, or what was found is no preset.
 */
export class PresetUnknownError extends PycError {
  readonly code = 'PYC_PRESET_UNKNOWN';
  override readonly exitCode = 2;
}

/**
 * The options that the configuration gives to a plugin are not what its schema allows. `details` lists every
 * fault.
 */
export class PluginOptionsError extends PycError {
  readonly code = 'PYC_PLUGIN_OPTIONS';
  override readonly exitCode = 2;
}

function hintFor(faults: readonly ConfigFault[]): string {
  const close = faults.find(({ nearest }) => nearest !== undefined);
  if (faults.length === 1 && close !== undefined) return `write \`${close.nearest}\``;
  return 'every key is described in docs/reference/configuration.md';
}
