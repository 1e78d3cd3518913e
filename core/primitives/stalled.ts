/** The word by which whoever runs a build says that it can never end by itself. */

/**
 * The reason of an abort that nobody asked for: nothing is left in the process that could bring the build forward. Such
 * an abort ends what still waits, so that it can be named.
 */
export const STALLED: unique symbol = Symbol.for('pycontainer.stalled');
