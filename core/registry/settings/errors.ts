/** What can be wrong with what this host says of registries. */
import { PycError } from '../../primitives/errors.ts';

/**
 * A `registries.conf`, or a file of `registries.conf.d`, cannot be read, is no TOML, has values that mean nothing, or is
 * written in the old format with `[registries.search]`. The message names the file and the line; `details` lists all of
 * them. Set `CONTAINERS_REGISTRIES_CONF` to another file to build without this one.
 */
export class RegistriesConfError extends PycError {
  readonly code = 'PYC_REGISTRIES_CONF';
  override readonly exitCode = 2;
}

/**
 * `registries.conf` blocks the registry, or the part of it, that an image is in. Nothing was asked of it. Use an image
 * of another registry, or have the file changed that the message names.
 */
export class RegistryBlockedError extends PycError {
  readonly code = 'PYC_REGISTRY_BLOCKED';
  override readonly exitCode = 2;
}
