/**
 * Reads a trace: the records of its records blocks, in order, in constant memory.
 *
 * What is damaged is reported with its offset and skipped: a cut tail costs the record
 * it cut, a flipped bit the record it hit, a broken block at most the rest of it.
 */

import { basename } from 'node:path';
import { constants, crc32, inflateRawSync } from 'node:zlib';
import { AgentError } from '../error.ts';
import { FileWindow } from './file-window.ts';
import {
  BLOCK,
  BYTE_ORDER_MAGIC,
  FLAG_LAST,
  FLAG_REPEATED,
  pad4,
  RECORD_HEADER_BYTES,
  RECORDS_BLOCK_BYTES_MAX,
  RECORDS_HEADER,
  RECORDS_MAGIC,
  TRACE_VERSION,
} from './pcapng.ts';
import { filesOf } from './segments.ts';
import { newerVersion, noRecords, noTrace, readError } from './trace-error.ts';

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
 * Yields each intact record of the trace `path`, of its segments one after the other when it was
 * cut into files. Damage goes to `onProblem`, for the first {@link PROBLEMS_MAX} of them. Throws
 * AgentError when a file cannot be read, is no trace, or is of a newer version.
 */
export function* readTrace(
  path: string,
  onProblem: (problem: TraceProblem) => void,
): Generator<Uint8Array, void> {
  for (const records of readBatches(path, onProblem)) yield* records;
}

/** As {@link readTrace}, a block's records at a time: for whoever reads many, one by one costs more. */
export function* readBatches(
  path: string,
  onProblem: (problem: TraceProblem) => void,
): Generator<readonly Uint8Array[], void> {
  const files = filesOf(path);
  let before: Place | undefined;
  let problems = 0;
  for (const file of files) {
    const name = files.length === 1 ? '' : `${basename(file)}: `;
    const reader = new Reader(file, before, (problem) => {
      if (problems++ < PROBLEMS_MAX) onProblem({ ...problem, message: name + problem.message });
    });
    yield* reader.read();
    before = reader.place ?? before;
  }
}

/** Where in a trace of several files one stands. */
interface Place {
  readonly token: Buffer;
  readonly segment: number;
}

class Reader {
  readonly #path: string;
  readonly #window: FileWindow;
  readonly #before: Place | undefined;
  readonly #onProblem: (problem: TraceProblem) => void;
  #problems = 0;
  #recordsBlocks = 0;
  /** Whether the last block read is the one that `close` writes. */
  #closed = false;
  /** Token of this file's records blocks, once seen. */
  #token: Buffer = Buffer.alloc(0);
  place: Place | undefined;

  constructor(path: string, before: Place | undefined, onProblem: (problem: TraceProblem) => void) {
    this.#path = path;
    this.#window = openWindow(path);
    this.#before = before;
    this.#onProblem = onProblem;
  }

  /** The intact records of each block. */
  *read(): Generator<readonly Uint8Array[], void> {
    try {
      yield* this.#all();
    } catch (cause) {
      if (cause instanceof AgentError) throw cause;
      throw readError(this.#path, cause);
    } finally {
      this.#window.close();
    }
  }

  *#all(): Generator<readonly Uint8Array[], void> {
    // A recorder that is killed while it begins its next file leaves it without a record.
    const isFirst = this.#before === undefined;
    if (isFirst || this.#window.at(0, 1).length > 0) this.#checkSection();
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
    if (isFirst && this.#recordsBlocks === 0 && this.#problems === 0) throw noRecords(this.#path);
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
  *#block(at: number, head: Buffer): Generator<readonly Uint8Array[], number | undefined> {
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
    const version = this.#versionOf(block);
    const whole = block.length === length && block.readUInt32LE(length - 4) === length;
    const headerBytes = version === 1 ? RECORDS_HEADER.size : RECORDS_HEADER.size2;
    if (block.length < headerBytes) return undefined;
    this.#recordsBlocks++;
    if (whole) this.#token = block.subarray(RECORDS_HEADER.token, RECORDS_HEADER.token + 8);
    const flags = block.readUInt16LE(RECORDS_HEADER.flags);
    this.#closed = whole && (flags & FLAG_LAST) !== 0;
    const isKnown = version > 1 && whole && this.#follows(at, block);
    if (!isKnown || (flags & FLAG_REPEATED) === 0) {
      const inflated = version === 1 ? 0 : block.readUInt32LE(RECORDS_HEADER.inflated);
      const body = block.subarray(headerBytes, whole ? length - 4 : undefined);
      const entries = inflated === 0 ? body : inflate(body, inflated, whole);
      const count = block.readUInt32LE(RECORDS_HEADER.count);
      const offset = inflated === 0 ? at + headerBytes : undefined;
      yield this.#records({ blockAt: at, offset, entries, count, whole });
    }
    return whole ? at + length : undefined;
  }

  /** Whether the records before this file are known. */
  #follows(at: number, block: Buffer): boolean {
    const segment = block.readUInt32LE(RECORDS_HEADER.segment);
    const { token } = this.#before ?? {};
    const isSame = token?.equals(this.#token) === true;
    const last = this.#before?.segment ?? 0;
    if (
      this.place === undefined &&
      this.#before !== undefined &&
      (!isSame || segment !== last + 1)
    ) {
      const message = isSame ? `what was between file ${last} and this one is missing` : OTHER_RUN;
      this.#problem({ kind: isSame ? 'truncated' : 'corrupt', offset: at, message });
    }
    this.place ??= { token: this.#token, segment };
    return isSame && segment === last + 1;
  }

  /** They share the memory of their block, which is used for nothing else. */
  #records({ blockAt, offset, entries, count, whole }: Entries): Uint8Array[] {
    const { buffer, byteOffset, length: end } = entries;
    const records: Uint8Array[] = [];
    let at = 0;
    let firstBad = -1;
    for (let i = 0; i < count && at + RECORD_HEADER_BYTES <= end; i++) {
      const length = entries.readUInt32LE(at);
      const from = at + RECORD_HEADER_BYTES;
      if (from + length > end) break;
      const record = new Uint8Array(buffer, byteOffset + from, length);
      if (length > 0 && crc32(record) === entries.readUInt32LE(at + 4)) records.push(record);
      else if (firstBad < 0) firstBad = at;
      at = from + pad4(length);
    }
    if (whole && (records.length < count || at !== end)) {
      this.#problem({
        kind: 'corrupt',
        offset: offset === undefined ? blockAt : offset + (firstBad < 0 ? at : firstBad),
        message: `of a block of ${count} records ${records.length} are intact`,
      });
    }
    return records;
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

  /** Throws AgentError when it is one of the future. */
  #versionOf(block: Buffer): number {
    const version = block.readUInt16LE(RECORDS_HEADER.version);
    if (version <= TRACE_VERSION) return version;
    throw newerVersion(this.#path, version);
  }

  #problem(problem: TraceProblem): void {
    this.#problems++;
    this.#onProblem(problem);
  }
}

const OTHER_RUN = 'this file is of another run than the one before';

interface Entries {
  readonly blockAt: number;
  /** Of the entries in the file; undefined when they are compressed. */
  readonly offset: number | undefined;
  readonly entries: Buffer;
  readonly count: number;
  readonly whole: boolean;
}

/** Records as they were before compression, as many as can be had; of a broken block none. */
function inflate(body: Buffer, lenBytes: number, whole: boolean): Buffer {
  if (lenBytes > RECORDS_BLOCK_BYTES_MAX) return Buffer.alloc(0);
  try {
    const finishFlush = whole ? constants.Z_FINISH : constants.Z_SYNC_FLUSH;
    return inflateRawSync(body, { maxOutputLength: lenBytes, finishFlush });
  } catch {
    return Buffer.alloc(0);
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
