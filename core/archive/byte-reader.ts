/** Takes exact numbers of bytes from a stream of chunks; knows nothing of what they mean. */

export class ByteReader {
  private readonly chunks: AsyncIterator<Uint8Array>;
  private rest: Uint8Array = new Uint8Array(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.chunks = source[Symbol.asyncIterator]();
  }

  /** The next `size` bytes; fewer only where the source ends. */
  async read(size: number): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const part of this.stream(size)) parts.push(part);
    return Buffer.concat(parts);
  }

  /** The next `size` bytes as they come; fewer only where the source ends. */
  async *stream(size: number): AsyncGenerator<Uint8Array> {
    for (let missing = size; missing > 0; ) {
      if (this.rest.length === 0) {
        const next = await this.chunks.next();
        if (next.done === true) return;
        this.rest = next.value;
        continue;
      }
      const part = this.rest.subarray(0, missing);
      this.rest = this.rest.subarray(part.length);
      missing -= part.length;
      yield part;
    }
  }

  /** Lets the source go. */
  async close(): Promise<void> {
    await this.chunks.return?.();
  }
}
