/** What the images of one run share: each thing is made for the first that asks. What the things are is not known here. */

export interface RunMemory {
  /**
   * What was made under a key, or what is made now. Whoever asks under one key must mean the same thing.
   *
   * @param key - begins with a word that says what the thing is, as in `lock /home/me/shop`
   */
  get<T>(key: string, make: () => T): T;
}

/** An empty memory, for one run. */
export function createRunMemory(): RunMemory {
  const known = new Map<string, unknown>();
  return {
    get<T>(key: string, make: () => T): T {
      if (!known.has(key)) known.set(key, make());
      return known.get(key) as T;
    },
  };
}
