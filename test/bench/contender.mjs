// What the benchmark asks of each side.

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {() => Promise<void>} start - once, before all
 * @property {() => Promise<void>} stop
 * @property {() => readonly number[]} processes - the daemons that work for it, for the memory
 * @property {(directory: string, reference: string) => readonly (readonly string[])[]} prime - commands after which its
 *   cache of wheels is filled; these may use the network and push to the reference
 * @property {() => Promise<void>} reset - forget all but the wheels
 * @property {(directory: string, reference: string) => readonly (readonly string[])[]} build - commands that build the
 *   project and push it; they run one after the other and are timed together
 * @property {(stdout: string) => Record<string, number>} [stagesOf] - milliseconds a stage, of what a build printed
 */

export {};
