/**
 * Writes a trace: every record byte for byte, and each RA once more as a packet.
 *
 * Records are gathered into blocks of some 64 KiB and written at least every
 * {@link FLUSH_MS}; only whole blocks reach the file, so what a crash leaves is
 * readable up to its last block. A trace may be cut into files of a size, each of which can be
 * read alone.
 */

import { randomBytes } from 'node:crypto';
import { KIND, LAYOUT, OP } from '../../src/decode/layout.gen.ts';
import { Batch } from './batch.ts';
import {
  encodeInterface,
  encodeRecords,
  encodeSection,
  FLAG_LAST,
  FLAG_REPEATED,
  OPTION,
  RECORD_BYTES_MAX,
} from './pcapng.ts';
import { RaBlocks } from './ra-blocks.ts';
import { removeSegments, removeTrace, segmentPath } from './segments.ts';
import { TraceFile } from './trace-file.ts';

/** Records gathered before a block is written. */
const BATCH_BYTES = 64 << 10;
/** Longest time a record waits in memory, in ms. */
const FLUSH_MS = 200;
/** Namespaces that a further file introduces again. */
const NETNS_MAX = 4096;

export interface TraceInfo {
  /** E.g. `x86_64`. */
  readonly hardware: string;
  /** E.g. `Linux 6.1.0-56-amd64`. */
  readonly os: string;
  /** E.g. `pvdscope 0.1.0`. */
  readonly application: string;
  /** CLOCK_REALTIME minus CLOCK_BOOTTIME. */
  readonly realtimeOffsetNs: bigint;
}

export interface TraceOptions {
  /** Deflate each block of records. */
  readonly compress?: boolean;
  /** Go on in another file when one has this size; files are named as {@link segmentPath} says. */
  readonly rotateBytes?: number;
  /** Keep so many files, the newest. */
  readonly keep?: number;
  /** A further file has begun; it knows no state until namespaces are dumped again. */
  readonly onRotate?: () => void;
}

export interface TraceWriter {
  /** Adds one record; its bytes are copied. Throws AgentError when an earlier write failed. */
  append(record: Uint8Array): void;
  /** Writes what waits. Throws AgentError. */
  flush(): void;
  /** Flushes and closes; harmless when called again. Throws AgentError. */
  close(): void;
  /** The file that is written now. */
  readonly path: string;
  /** So far, in memory or in files. */
  readonly counts: { readonly records: number; readonly ras: number; readonly bytes: number };
}

/**
 * Creates or empties `path` (mode 0600: a trace tells who talked to whom); with `rotateBytes` its
 * first segment, and removes those of an earlier run. Throws AgentError.
 */
export function createTrace(
  path: string,
  info: TraceInfo,
  options: TraceOptions = {},
): TraceWriter {
  return new Writer(path, info, options);
}

class Writer implements TraceWriter {
  readonly counts: { records: number; ras: number; bytes: number } = {
    records: 0,
    ras: 0,
    bytes: 0,
  };
  readonly #trace: string;
  readonly #info: TraceInfo;
  readonly #options: TraceOptions;
  readonly #ras: RaBlocks;
  readonly #token = randomBytes(8);
  readonly #timer: NodeJS.Timeout;
  /** The start of the run, and the namespaces that are followed: each file tells them. */
  #start: Uint8Array | undefined;
  readonly #netns = new Map<bigint, Uint8Array>();
  #file: TraceFile;
  /** From 1; 0 when there is one file only. */
  #segment: number;
  readonly #batch = new Batch();
  /** RAs that wait to be written once more, about. */
  #raBytes = 0;
  #failure: unknown;
  #closed = false;

  constructor(path: string, info: TraceInfo, options: TraceOptions) {
    this.#trace = path;
    this.#info = info;
    this.#options = options;
    this.#ras = new RaBlocks(info.realtimeOffsetNs);
    this.#segment = options.rotateBytes === undefined ? 0 : 1;
    if (this.#segment > 0) removeTrace(path);
    this.#file = this.#open();
    this.#timer = setInterval(() => this.#flushQuietly(), FLUSH_MS);
    this.#timer.unref();
  }

  get path(): string {
    return this.#file.path;
  }

  append(record: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (record.length === 0 || record.length > RECORD_BYTES_MAX) {
      throw new RangeError(`a record of ${record.length} bytes: 1..${RECORD_BYTES_MAX} fit`);
    }
    this.#heed(record);
    this.#batch.add(record);
    this.counts.records++;
    if (this.#batch.lenBytes + this.#raBytes >= BATCH_BYTES) this.flush();
  }

  flush(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#batch.count === 0) return;
    this.#write(0);
    const { rotateBytes } = this.#options;
    if (rotateBytes !== undefined && this.#file.length >= rotateBytes) this.#rotate();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    try {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#batch.count > 0) this.#write(0);
      this.#write(FLAG_LAST);
    } finally {
      this.#file.close();
    }
  }

  /** What of a record is needed besides its bytes. */
  #heed(record: Uint8Array): void {
    const kind = record[LAYOUT.pvd_hdr.kind] ?? 0;
    if (record.length < LAYOUT.pvd_hdr.size) return;
    if (kind === KIND.RA) {
      const bytes = this.#ras.take(record, 'ra', this.counts.records);
      this.#raBytes += bytes;
      if (bytes > 0) this.counts.ras++;
    } else if (kind === KIND.RA_DONE) this.#ras.take(record, 'ra-done', this.counts.records);
    else if (this.#segment === 0) return;
    else if (kind === KIND.AGENT_START) this.#start = record.slice();
    else if (kind === KIND.AGENT_NETNS) {
      const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
      const cookie = view.getBigUint64(LAYOUT.pvd_hdr.netns_cookie, true);
      if (record[LAYOUT.pvd_hdr.op] === OP.DEL) this.#netns.delete(cookie);
      else if (this.#netns.size < NETNS_MAX) this.#netns.set(cookie, record.slice());
    }
  }

  #open(): TraceFile {
    const { hardware, os, application } = this.#info;
    const path = this.#segment === 0 ? this.#trace : segmentPath(this.#trace, this.#segment);
    const file = new TraceFile(path);
    try {
      const section = encodeSection([
        { code: OPTION.hardware, value: hardware },
        { code: OPTION.os, value: os },
        { code: OPTION.application, value: application },
      ]);
      const others = 'Router Advertisements whose interface is not described';
      this.counts.bytes += file.write([section, encodeInterface('pvdscope', others)]);
      return file;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  #rotate(): void {
    this.#write(FLAG_LAST);
    try {
      this.#file.close();
      this.#segment++;
      this.#file = this.#open();
      this.#ras.startFile();
      if (this.#start) this.#batch.add(this.#start);
      for (const record of this.#netns.values()) this.#batch.add(record);
      this.#write(FLAG_REPEATED);
    } catch (error) {
      this.#failure = error;
      throw error;
    }
    removeSegments(this.#trace, this.#options.keep ?? Number.POSITIVE_INFINITY);
    this.#options.onRotate?.();
  }

  #write(flags: number): void {
    const { compress = false } = this.#options;
    const block = encodeRecords({
      version: compress || this.#segment > 0 ? 2 : 1,
      token: this.#token,
      flags,
      segment: this.#segment,
      compress,
      count: this.#batch.count,
      entries: this.#batch.bytes,
    });
    this.#batch.clear();
    this.#raBytes = 0;
    try {
      this.counts.bytes += this.#file.write([...this.#ras.blocks(), block]);
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  #flushQuietly(): void {
    try {
      this.flush();
    } catch {
      // Kept in #failure: the next append, flush or close throws it.
    }
  }
}
