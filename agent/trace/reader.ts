/**
 * Reads a trace: the records of its records blocks, in order, in constant memory.
 *
 * What is damaged is reported with its offset and skipped: a cut tail costs the record
 * it cut, a flipped bit the record it hit, a broken block at most the rest of it.
 */

import { crc32 } from 'node:zlib';
import { AgentError, EXIT } from '../error.ts';
import { FileWindow } from './file-window.ts';
import {
  BLOCK,
  BYTE_ORDER_MAGIC,
  FLAG_LAST,
  pad4,
  RECORD_HEADER_BYTES,
  RECORDS_BLOCK_BYTES_MAX,
  RECORDS_HEADER,
  RECORDS_MAGIC,
  TRACE_VERSION,
} from './pcapng.ts';

/** Damage found in a trace. */
export interface TraceProblem {
  /** `truncated`: the file ends within a block; `corrupt`: bytes in it are wrong. */
  readonly kind: 'truncated' | 'corrupt';
  /** Where it begins, in bytes from the start of the file. */
  readonly offset: number;
  readonly message: string;
}

/** Problems handed out one by one; after these only their number grows. */
const PROBLEMS_MAX = 100;

/**
 * Yields each intact record of the trace `path`; the bytes are a copy. Damage goes to
 * `onProblem`, for the first {@link PROBLEMS_MAX} of them. Throws AgentError when the file
 * cannot be read, is no trace, or is of a newer version.
 */
export function* readTrace(
  path: string,
  onProblem: (problem: TraceProblem) => void,
): Generator<Uint8Array, void> {
  const window = openWindow(path);
  const reader = new Reader(path, window, onProblem);
  try {
    yield* reader.records();
  } catch (cause) {
    if (cause instanceof AgentError) throw cause;
    throw readError(path, cause);
  } finally {
    window.close();
  }
}

class Reader {
  readonly #path: string;
  readonly #window: FileWindow;
  readonly #onProblem: (problem: TraceProblem) => void;
  #problems = 0;
  #recordsBlocks = 0;
  /** Whether the last block read is the one that `close` writes. */
  #closed = false;
  /** Token of this file's records blocks, once seen. */
  #token: Buffer = Buffer.alloc(0);

  constructor(path: string, window: FileWindow, onProblem: (problem: TraceProblem) => void) {
    this.#path = path;
    this.#window = window;
    this.#onProblem = onProblem;
  }

  *records(): Generator<Uint8Array, void> {
    this.#checkSection();
    let at = 0;
    for (;;) {
      const head = this.#window.at(at, 8);
      if (head.length === 0) break;
      const next = head.length < 8 ? undefined : yield* this.#block(at, head);
      if (next === undefined) {
        const found = this.#resync(at + 1);
        this.#damaged(at, found);
        if (found === undefined) return;
        at = found;
      } else at = next;
    }
    if (this.#recordsBlocks === 0 && this.#problems === 0) throw noRecords(this.#path);
    if (!this.#closed) {
      const message = 'the trace was not closed: its recorder still runs or was killed';
      this.#problem({ kind: 'truncated', offset: at, message });
    }
  }

  #checkSection(): void {
    const head = this.#window.at(0, 12);
    if (head.length === 0) throw noTrace(this.#path, 'empty');
    if (head.length < 12 || head.readUInt32LE(0) !== BLOCK.section) throw noTrace(this.#path);
    if (head.readUInt32LE(8) !== BYTE_ORDER_MAGIC) {
      throw noTrace(this.#path, 'of another byte order');
    }
  }

  /** Reads the block at `at`; returns where the next one starts, undefined when it is damaged. */
  *#block(at: number, head: Buffer): Generator<Uint8Array, number | undefined> {
    const type = head.readUInt32LE(0);
    const length = head.readUInt32LE(4);
    if (length < 12 || length % 4 !== 0) return undefined;
    if (type !== BLOCK.records) {
      if (hasMagic(this.#window.at(at, RECORDS_HEADER.size))) return undefined;
      const trailer = this.#window.at(at + length - 4, 4);
      return trailer.length === 4 && trailer.readUInt32LE(0) === length ? at + length : undefined;
    }
    const fits = length >= RECORDS_HEADER.size + 4 && length <= RECORDS_BLOCK_BYTES_MAX;
    if (!fits) return undefined;
    const block = Buffer.from(this.#window.at(at, length));
    if (!hasMagic(block)) return undefined;
    this.#checkVersion(block);
    this.#recordsBlocks++;
    const whole = block.length === length && block.readUInt32LE(length - 4) === length;
    if (whole) this.#token = block.subarray(RECORDS_HEADER.token, RECORDS_HEADER.token + 8);
    this.#closed = whole && (block.readUInt16LE(RECORDS_HEADER.flags) & FLAG_LAST) !== 0;
    yield* this.#entries(at, block, whole);
    return whole ? at + length : undefined;
  }

  *#entries(blockAt: number, block: Buffer, whole: boolean): Generator<Uint8Array, void> {
    const end = whole ? block.length - 4 : block.length;
    const count = block.readUInt32LE(RECORDS_HEADER.count);
    let at: number = RECORDS_HEADER.size;
    let intact = 0;
    let firstBad = -1;
    for (let i = 0; i < count && at + RECORD_HEADER_BYTES <= end; i++) {
      const length = block.readUInt32LE(at);
      const from = at + RECORD_HEADER_BYTES;
      if (from + length > end) break;
      const record = block.subarray(from, from + length);
      if (length > 0 && crc32(record) === block.readUInt32LE(at + 4)) {
        intact++;
        yield Uint8Array.from(record);
      } else if (firstBad < 0) firstBad = at;
      at = from + pad4(length);
    }
    if (whole && (intact < count || at !== end)) {
      this.#problem({
        kind: 'corrupt',
        offset: blockAt + (firstBad < 0 ? at : firstBad),
        message: `of a block of ${count} records ${intact} are intact`,
      });
    }
  }

  /** The next offset from `from` on where a records block of this file starts. */
  #resync(from: number): number | undefined {
    const mark = Buffer.concat([RECORDS_MAGIC, this.#token]);
    const step = 1 << 15;
    for (let at = from; ; at += step) {
      const view = this.#window.at(at, step + RECORDS_HEADER.size);
      let found = view.indexOf(mark);
      while (found >= 0 && found < step + RECORDS_HEADER.magic) {
        const start = found - RECORDS_HEADER.magic;
        if (start >= 0 && view.readUInt32LE(start) === BLOCK.records) return at + start;
        found = view.indexOf(mark, found + 1);
      }
      if (view.length < step + RECORDS_HEADER.size) return undefined;
    }
  }

  #damaged(at: number, resumed: number | undefined): void {
    this.#problem(
      resumed === undefined
        ? { kind: 'truncated', offset: at, message: 'the file ends within a block' }
        : {
            kind: 'corrupt',
            offset: at,
            message: `${resumed - at} bytes are no valid block and were skipped`,
          },
    );
  }

  #checkVersion(block: Buffer): void {
    const version = block.readUInt16LE(RECORDS_HEADER.version);
    if (version <= TRACE_VERSION) return;
    throw new AgentError({
      code: 'PVD_ERR_TRACE_VERSION',
      op: `read trace ${this.#path}`,
      message: `${this.#path} has trace version ${version}, this build reads up to ${TRACE_VERSION}`,
      hint: 'use the pvdscope that recorded it, or a newer one',
    });
  }

  #problem(problem: TraceProblem): void {
    if (this.#problems++ < PROBLEMS_MAX) this.#onProblem(problem);
  }
}

function hasMagic(block: Buffer): boolean {
  const at = RECORDS_HEADER.magic;
  return (
    block.length >= RECORDS_HEADER.size && block.compare(RECORDS_MAGIC, 0, 8, at, at + 8) === 0
  );
}

function openWindow(path: string): FileWindow {
  try {
    return new FileWindow(path);
  } catch (cause) {
    throw readError(path, cause);
  }
}

function readError(path: string, cause: unknown): AgentError {
  return new AgentError({
    code: 'PVD_ERR_TRACE_READ',
    op: `read trace ${path}`,
    message: `cannot read the trace ${path}: ${cause instanceof Error ? cause.message : cause}`,
    hint: 'check the path and its permissions',
    cause,
    exitCode: EXIT.usage,
  });
}

function noTrace(path: string, why = 'no pcapng file'): AgentError {
  return new AgentError({
    code: 'PVD_ERR_TRACE_FORMAT',
    op: `read trace ${path}`,
    message: `${path} is not a trace: it is ${why}`,
    hint: 'a trace is what `pvdscope record -o FILE` writes',
    exitCode: EXIT.usage,
  });
}

function noRecords(path: string): AgentError {
  return new AgentError({
    code: 'PVD_ERR_TRACE_FORMAT',
    op: `read trace ${path}`,
    message: `${path} is a pcapng file without pvdscope records`,
    hint: 'packet captures are read by `pvdscope parse --pcap FILE`',
    exitCode: EXIT.usage,
  });
}
