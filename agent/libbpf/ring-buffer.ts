/**
 * A BPF ring buffer (kernel/bpf/ringbuf.c), mapped and read by JavaScript itself:
 * no libbpf callback, no allocation, no system call a record.
 *
 * Layout of the map: one page the reader writes (consumer position), one page the
 * kernel writes (producer position), then the data, mapped twice in a row so that a
 * record never wraps. A record is {u32 len and flags, u32 page offset, bytes, padding to 8}.
 */

import { koffi, libc } from './abi.ts';
import { mapShared, PROT, pageBytes } from './libc.ts';

/** BPF_RINGBUF_HDR_SZ, in bytes. */
const HEADER_BYTES = 8;
/** BPF_RINGBUF_BUSY_BIT is the sign bit. */
const DISCARD_BIT = 0x40000000;
const LEN_MASK = 0x3fffffff;
/** The consumer position is published at least this often, so the producer finds room. */
const COMMIT_BYTES_MAX = 256 << 10;

/**
 * Sees one record: `len` bytes of `bytes` from `offset` on. Valid only until it
 * returns, and read-only memory: a write is a SIGSEGV. Copy with `bytes.slice()`.
 */
export type RecordHandler = (bytes: Uint8Array, offset: number, len: number) => void;

export class RingBuffer {
  readonly fd: number;
  readonly sizeBytes: number;
  /** Records handed out and records discarded by their producers; doubles, for the JIT's sake. */
  readonly #counts: Float64Array = new Float64Array(2);
  #open = true;
  readonly #consumerAddress: bigint;
  readonly #dataAddress: bigint;
  readonly #dataBytes: number;
  readonly #pageBytes: number;
  readonly #consumer: BigUint64Array;
  readonly #producer: Int32Array;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #commitBytes: number;
  /** Low and high word of our position; positions are compared modulo 2^32. */
  #low: number;
  #high: number;
  readonly #split: Uint32Array = new Uint32Array(2);
  readonly #joined: BigUint64Array = new BigUint64Array(this.#split.buffer);

  /** @param sizeBytes max_entries of the map, a power of two. */
  constructor(fd: number, sizeBytes: number) {
    const page = pageBytes();
    this.fd = fd;
    this.sizeBytes = sizeBytes;
    this.#pageBytes = page;
    this.#dataBytes = page + 2 * sizeBytes;
    this.#consumerAddress = mapShared(fd, 0, page, PROT.read | PROT.write);
    try {
      this.#dataAddress = mapShared(fd, page, this.#dataBytes, PROT.read);
    } catch (error) {
      libc().munmap(this.#consumerAddress, page);
      throw error;
    }
    const consumer = koffi().view(this.#consumerAddress, page);
    const data = koffi().view(this.#dataAddress, this.#dataBytes);
    this.#consumer = new BigUint64Array(consumer, 0, 1);
    this.#producer = new Int32Array(data, 0, 2);
    this.#words = new Int32Array(data, page, (2 * sizeBytes) >>> 2);
    this.#bytes = new Uint8Array(data, page, 2 * sizeBytes);
    this.#commitBytes = Math.min(sizeBytes >>> 2, COMMIT_BYTES_MAX);
    this.#joined[0] = Atomics.load(this.#consumer, 0);
    this.#low = (this.#split[0] ?? 0) | 0;
    this.#high = this.#split[1] ?? 0;
  }

  /** Bytes produced and not yet read; more than the truth by what is still being written. */
  backlogBytes(): number {
    this.#check();
    return (Atomics.load(this.#producer, 0) - this.#low) | 0;
  }

  /** Records handed out so far, failed ones included. */
  recordsRead(): number {
    return this.#counts[0] ?? 0;
  }

  /** Records seen that their producers had discarded. */
  recordsDiscarded(): number {
    return this.#counts[1] ?? 0;
  }

  /** Bytes read since the ring was made. */
  position(): bigint {
    return (BigInt(this.#high) << 32n) | BigInt(this.#low >>> 0);
  }

  /**
   * Hands at most `max` records to `handler`, and returns how many there were. A record
   * whose handler throws counts as read; the exception goes on to the caller.
   */
  consume(handler: RecordHandler, max: number): number {
    this.#check();
    const words = this.#words;
    const bytes = this.#bytes;
    const producer = this.#producer;
    const mask = this.sizeBytes - 1;
    const commitBytes = this.#commitBytes;
    let low = this.#low;
    let committed = low;
    let count = 0;
    let discarded = 0;
    try {
      for (;;) {
        const end = Atomics.load(producer, 0);
        if (((end - low) | 0) <= 0) {
          if (low === this.#low) return count;
          // Publish, then look again: a producer that saw the old position did not wake us.
          this.#commit(low);
          continue;
        }
        while (((end - low) | 0) > 0) {
          const offset = low & mask;
          const header = Atomics.load(words, offset >>> 2);
          if (header < 0) return count; // busy: reserved, not submitted yet
          const len = header & LEN_MASK;
          low = (low + ((len + HEADER_BYTES + 7) & ~7)) | 0;
          if ((header & DISCARD_BIT) === 0) {
            count++;
            handler(bytes, offset + HEADER_BYTES, len);
          } else {
            discarded++;
          }
          if (((low - committed) | 0) >= commitBytes) {
            this.#commit(low);
            committed = low;
          }
          if (count >= max) return count;
        }
      }
    } finally {
      if (low !== this.#low) this.#commit(low);
      this.#counts[0] = (this.#counts[0] ?? 0) + count;
      this.#counts[1] = (this.#counts[1] ?? 0) + discarded;
    }
  }

  /** Unmaps. No view handed to a handler may be touched afterwards. Idempotent. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    libc().munmap(this.#consumerAddress, this.#pageBytes);
    libc().munmap(this.#dataAddress, this.#dataBytes);
  }

  #check(): void {
    if (!this.#open) throw new Error('ring buffer is closed');
  }

  /** One 64-bit store: the kernel must never see half a position. */
  #commit(low: number): void {
    if (low >>> 0 < this.#low >>> 0) this.#high = (this.#high + 1) >>> 0;
    this.#low = low;
    this.#split[0] = low;
    this.#split[1] = this.#high;
    Atomics.store(this.#consumer, 0, this.#joined[0] ?? 0n);
  }
}
