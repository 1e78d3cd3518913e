/**
 * A project's first configuration: what is asked for, and the one file that is written. What looks at the project is
 * loaded when it is called. Asking and showing are the command line's.
 */
import { writeFile } from 'node:fs/promises';
import type { BuildOptions } from './build.ts';
import type { StarterStyle } from './config/starter.ts';
import { messageOf, PycError } from './primitives/errors.ts';
import { visible } from './primitives/path.ts';

/** The first configuration cannot be written: the folder may not be written, or something has the file's name. */
export class InitWriteError extends PycError {
  readonly code = 'PYC_INIT_UNWRITABLE';
}

/** What {@link planInit} takes. */
export interface InitOptions extends Pick<BuildOptions, 'cwd' | 'directory' | 'env' | 'signal' | 'log'> {
  /** Default: TypeScript where the project is one of Node's as well, TOML elsewhere. */
  readonly style?: StarterStyle;
}

/** What only a person can say. */
export interface InitAnswers {
  /** References or tags; none writes into a layout only. */
  readonly tags: readonly string[];
  /** What the image starts; empty leaves it to presets, or open. */
  readonly entrypoint: readonly string[];
}

/** What is there, and what would be written. */
export type InitPlan =
  | {
      /** Absolute: the configuration that the project has already. */
      readonly existing: string;
    }
  | {
      readonly existing?: undefined;
      /** Absolute: what will be written. */
      readonly file: string;
      /** The image's name, for a tag. */
      readonly name: string;
      /** What was found, a line each. */
      readonly found: readonly string[];
      /** What to do before a build, a line each. */
      readonly todo: readonly string[];
      /** True where nothing says what the image starts. */
      readonly needsStart: boolean;
      text(answers: InitAnswers): string;
    };

/** Looks at the project. @throws InitProjectError where there is none */
export async function planInit(options: InitOptions = {}): Promise<InitPlan> {
  const { planFor } = await import('./init-plan.ts');
  return await planFor(options);
}

/** Writes the file, unless one is there. @throws InitWriteError */
export async function writeInit(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (cause) {
    throw new InitWriteError(`\`${visible(file)}\` cannot be written: ${messageOf(cause)}`, {
      hint: 'make room and permissions there',
      cause,
    });
  }
}
