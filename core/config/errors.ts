/** What can be wrong with a configuration, as errors. Where each is noticed belongs to the modules beside this one. */
import { type ErrorCode, PycError } from '../primitives/errors.ts';

/** One thing that is wrong with a configuration. */
export interface ConfigFault {
  /** Dotted, as in `python.version` or `platforms.0`; of several images, the image's index comes first. */
  readonly path: string;
  readonly message: string;
  /** Where the value was written: a file, a flag, a variable. */
  readonly origin: string;
  /** The valid name that was probably meant. */
  readonly nearest?: string;
  /** Of the error that this would be if it were the only one. */
  readonly code?: ErrorCode;
}

/** A fault whose source is not known yet. */
export type Fault = Omit<ConfigFault, 'origin'>;

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
 * A plugin that the configuration names is neither one of pycontainer's own nor a package or a file that can be found
 * from the configuration. Install the package with the command of the hint, or correct the name; `details` holds the
 * file and the line.
 */
export class PluginUnknownError extends PycError {
  readonly code = 'PYC_PLUGIN_UNKNOWN';
  override readonly exitCode = 2;
}

/**
 * A preset that the configuration or `--preset` names is neither one of pycontainer's own nor a package or a file that
 * can be found from the configuration. Install the package with the command of the hint, or correct the name.
 */
export class PresetUnknownError extends PycError {
  readonly code = 'PYC_PRESET_UNKNOWN';
  override readonly exitCode = 2;
}

/**
 * A package or a file that the configuration names as a plugin or a preset, or imports, was found, and throws an error
 * of its own when it is imported. `--verbose` prints that error; its author can mend it.
 */
export class PluginImportError extends PycError {
  readonly code = 'PYC_PLUGIN_IMPORT';
  override readonly exitCode = 2;
}

/**
 * A package or a file that the configuration names as a plugin or a preset exports none: it has no default export, or
 * one that neither `definePlugin` nor `definePreset` made. The message says what was found in its place.
 */
export class PluginExportError extends PycError {
  readonly code = 'PYC_PLUGIN_NO_EXPORT';
  override readonly exitCode = 2;
}

/**
 * A package of plugins, presets or shared configuration states in its `peerDependencies` that it is made for another
 * pycontainer than this one. Nothing of it was run. Install a version of it that allows this pycontainer.
 */
export class PluginApiError extends PycError {
  readonly code = 'PYC_PLUGIN_OTHER_API';
  override readonly exitCode = 2;
}

/**
 * Two plugins of one image have the same name, or one has the name of pycontainer's own part. Remove one of the two:
 * a plugin runs once a build.
 */
export class PluginTwiceError extends PycError {
  readonly code = 'PYC_PLUGIN_TWICE';
  override readonly exitCode = 2;
}

/**
 * A plugin or a preset was given options that it does not take, or none where it needs some. `details` lists every
 * fault, or says where the options are written.
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
