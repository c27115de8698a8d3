/** A file read by offset through one buffer of bounded size. */

import { closeSync, openSync, readSync } from 'node:fs';

/** Some of the blocks a writer makes, so that few are read twice. */
const CHUNK_BYTES = 1 << 18;

export class FileWindow {
  readonly #fd: number;
  #buffer: Buffer = Buffer.alloc(CHUNK_BYTES);
  /** File offset of the buffer's first byte. */
  #start = 0;
  #length = 0;

  /** Opens `path`; throws what `openSync` throws. */
  constructor(path: string) {
    this.#fd = openSync(path, 'r');
  }

  /** Up to `length` bytes at `offset`, fewer at the end of the file; valid until the next call. */
  at(offset: number, length: number): Buffer {
    const from = offset - this.#start;
    if (from < 0 || from + length > this.#length) {
      this.#load(offset, length);
      return this.#buffer.subarray(0, Math.min(length, this.#length));
    }
    return this.#buffer.subarray(from, from + length);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #load(offset: number, length: number): void {
    const want = Math.max(length, CHUNK_BYTES);
    if (this.#buffer.length < want) this.#buffer = Buffer.alloc(want);
    this.#start = offset;
    this.#length = 0;
    while (this.#length < want) {
      const room = want - this.#length;
      const got = readSync(this.#fd, this.#buffer, this.#length, room, offset + this.#length);
      if (got === 0) break;
      this.#length += got;
    }
  }
}
