/** The error that names the plugin and the hook. What can go wrong is known where it is noticed. */
import { PycError } from '../primitives/errors.ts';

/**
 * A plugin threw something that was not meant for the user as it stands, gave what the hook cannot take, changed what
 * it was given, or tapped a hook as it must not. The message names the plugin and the hook; `--verbose` prints the
 * cause. Its author finds what each hook takes and gives in the hook reference.
 */
export class PluginError extends PycError {
  readonly code = 'PYC_PLUGIN_FAILED';
  readonly plugin: string;
  readonly hook: string;

  constructor(plugin: string, hook: string, message: string, hint: string, cause?: unknown) {
    super(message, { hint, cause });
    this.plugin = plugin;
    this.hook = hook;
  }
}
