/** What tests assert of errors: their code, never their prose. */
import { isPycError } from '../core/primitives/errors.ts';

/** The code that an action fails with; undefined where it succeeds. Other errors pass through. */
export async function codeOf(action: () => unknown): Promise<string | undefined> {
  try {
    await action();
    return undefined;
  } catch (error) {
    if (isPycError(error)) return error.code;
    throw error;
  }
}
