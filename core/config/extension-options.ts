/**
 * The options that plugins and presets take: their schemas, and what is wrong with options until the configuration
 * is checked as a whole. Which plugin or preset has them is its caller's knowledge.
 */
import { PluginOptionsError } from './errors.ts';

/** The part of a Standard Schema (standardschema.dev, version 1) that is used here; zod's schemas are such. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a plugin or preset with options is called with: nothing at all where its schema allows that. */
export type OptionsOf<Input> = undefined extends Input ? [options?: Input] : [options: Input];

/** One thing that is wrong with options. */
export interface OptionFault {
  /** Keys and indexes from the options down; empty for the options themselves. */
  readonly path: readonly string[];
  readonly message: string;
}

/** What a schema makes of options. */
export type CheckedOptions<Output> =
  | { readonly value: Output; readonly faults?: undefined }
  | { readonly faults: readonly OptionFault[] };

/** A registered symbol, so that what another copy of this package defined is understood as well. */
const FAULTS = Symbol.for('pycontainer.optionFaults');

/**
 * Checks options by their schema.
 *
 * @param owner - as in `plugin \`s3\``
 * @throws PluginOptionsError where the schema answers with a promise
 */
export function checkOptions<Output>(
  schema: StandardSchema<unknown, Output>,
  input: unknown,
  owner: string,
): CheckedOptions<Output> {
  const result = schema['~standard'].validate(input);
  if (result instanceof Promise) {
    throw new PluginOptionsError(`the options of ${owner} are checked asynchronously`, {
      hint: `report this to the author of ${owner}: its schema must answer at once`,
    });
  }
  if (result.issues === undefined) return { value: result.value };
  return {
    faults: result.issues.map(({ path, message }) => ({
      path: (path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)),
      message,
    })),
  };
}

/**
 * Notes on a plugin or preset what is wrong with its options. It is not thrown where the options are written, so
 * that the check of the configuration can tell all that is wrong with it at once.
 */
export function withOptionFaults<Value extends object>(value: Value, faults: readonly OptionFault[]): Value {
  return { ...value, [FAULTS]: faults };
}

/** What is wrong with the options that a plugin or preset was made with; empty for anything else. */
export function optionFaultsOf(value: unknown): readonly OptionFault[] {
  if (typeof value !== 'object' || value === null) return [];
  return (value as { readonly [FAULTS]?: readonly OptionFault[] })[FAULTS] ?? [];
}

/** The error of a plugin or preset that is used although its options are wrong. */
export function optionsError(owner: string, faults: readonly OptionFault[]): PluginOptionsError {
  return new PluginOptionsError(`the options of ${owner} are not what it takes`, {
    hint: `see the documentation of ${owner}`,
    details: faults.map(({ path, message }) => ({ path: path.join('.'), message, origin: owner })),
  });
}
