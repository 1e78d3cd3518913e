/** Signs of life of a process, as a file's time: others tell by it whether whoever made the file is still there. */
import { utimes } from 'node:fs/promises';

/**
 * Renews a file's time again and again, without keeping the process alive.
 *
 * @param interval milliseconds between two signs
 * @returns what ends it
 */
export function startHeartbeat(file: string, interval: number): () => void {
  const beat = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => undefined);
  }, interval);
  beat.unref();
  return () => clearInterval(beat);
}
