/** How the rooms of this folder say that only the backend itself knows what it would build. */

/** Thrown inside this folder alone; `planLocalProject` turns it into a result. The message is half a sentence. */
export class NotStatic extends Error {}

/** @throws NotStatic always */
export function notStatic(reason: string): never {
  throw new NotStatic(reason);
}
