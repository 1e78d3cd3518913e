/** Bounds on what is read from outside: generous for honest inputs, small enough to survive hostile ones. */

/** Bytes of a manifest or an index: the distribution specification asks for 4 MiB at least. */
export const MAX_MANIFEST = 16 * 1024 * 1024;
/** Bytes of an image configuration. */
export const MAX_CONFIG = 16 * 1024 * 1024;
/** Bytes of a METADATA, RECORD or entry_points.txt. */
export const MAX_METADATA = 64 * 1024 * 1024;
/** Bytes of a lock file or of a pyproject.toml. */
export const MAX_PROJECT_FILE = 256 * 1024 * 1024;
/** Bytes of an index page. */
export const MAX_INDEX_PAGE = 64 * 1024 * 1024;
/** Entries of one archive. */
export const MAX_ENTRIES = 1_000_000;
/** Inflated bytes of one archive's entry. */
export const MAX_ENTRY_SIZE = 16 * 1024 * 1024 * 1024;
/** Bytes of a wheel. */
export const MAX_WHEEL = 16 * 1024 * 1024 * 1024;
/** Layers of one image that is read. */
export const MAX_LAYERS = 1000;
