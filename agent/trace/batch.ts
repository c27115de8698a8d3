/** Records that wait to be written as one block. */

import { crc32 } from 'node:zlib';
import { pad4, RECORD_HEADER_BYTES } from './pcapng.ts';

/** Room to begin with: more than is gathered before a block is written, unless a record is long. */
const ROOM_BYTES = 128 << 10;

/** In one piece of memory, used again: a piece for each record costs more than writing it. */
export class Batch {
  #memory: Buffer = Buffer.allocUnsafe(ROOM_BYTES);
  #used = 0;
  count = 0;

  /** Length, CRC, bytes and padding of each; valid until the next is added. */
  get bytes(): Uint8Array {
    return this.#memory.subarray(0, this.#used);
  }

  get lenBytes(): number {
    return this.#used;
  }

  /** Copies its bytes. */
  add(record: Uint8Array): void {
    const at = this.#used;
    const from = at + RECORD_HEADER_BYTES;
    const end = from + pad4(record.length);
    if (end > this.#memory.length) this.#grow(end);
    this.#memory.writeUInt32LE(record.length, at);
    this.#memory.writeUInt32LE(crc32(record), at + 4);
    this.#memory.set(record, from);
    this.#memory.fill(0, from + record.length, end);
    this.#used = end;
    this.count++;
  }

  clear(): void {
    this.#used = 0;
    this.count = 0;
  }

  #grow(lenBytes: number): void {
    const memory = Buffer.allocUnsafe(2 * lenBytes);
    memory.set(this.bytes);
    this.#memory = memory;
  }
}
