/** Why an image does not go onto another base. */
import { PycError } from '../../primitives/errors.ts';

/**
 * What the image was built on is not known: it is not one that pycontainer built, or its old base is no longer where its
 * labels say. Name the old base with `--old-base`, or build the image anew.
 */
export class RebaseSourceError extends PycError {
  readonly code = 'PYC_REBASE_SOURCE';
}

/**
 * The image's layers would not run on the new base: its Python is another X.Y, ABI or implementation or lies elsewhere, or its
 * C library is another one or older. `details` lists all that does not fit. Build the image anew on that base.
 */
export class RebaseUnfitError extends PycError {
  readonly code = 'PYC_REBASE_UNFIT';
}
