/**
 * Writes a trace: every record byte for byte, and each RA once more as a packet.
 *
 * Records are gathered into blocks of some 64 KiB and written at least every
 * {@link FLUSH_MS}; only whole blocks reach the file, so what a crash leaves is
 * readable up to its last block.
 */

import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { escapeTerminal } from '../../src/publish/escape.ts';
import { AgentError } from '../error.ts';
import {
  BLOCK,
  encodeBlock,
  encodeInterface,
  encodePacket,
  encodeSection,
  FLAG_LAST,
  OPTION,
  pad4,
  RECORD_BYTES_MAX,
  RECORD_HEADER_BYTES,
  RECORDS_HEADER,
  RECORDS_MAGIC,
  TRACE_VERSION,
} from './pcapng.ts';
import { type RaPacket, raPacket } from './ra-packet.ts';

/** Records gathered before a block is written. */
const BATCH_BYTES = 64 << 10;
/** Longest time a record waits in memory, in ms. */
const FLUSH_MS = 200;
/** Interfaces described in one file; RAs of further ones are shown on interface 0. */
const INTERFACES_MAX = 1024;

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

export interface TraceWriter {
  /** Adds one record; its bytes are copied. Throws AgentError when an earlier write failed. */
  append(record: Uint8Array): void;
  /** Writes what waits. Throws AgentError. */
  flush(): void;
  /** Flushes and closes; harmless when called again. Throws AgentError. */
  close(): void;
  /** So far, in memory or in the file. */
  readonly counts: { readonly records: number; readonly ras: number; readonly bytes: number };
}

/** Creates or empties `path` (mode 0600: a trace tells who talked to whom). Throws AgentError. */
export function createTrace(path: string, info: TraceInfo): TraceWriter {
  const file = new TraceFile(path);
  const head = [
    encodeSection([
      { code: OPTION.hardware, value: info.hardware },
      { code: OPTION.os, value: info.os },
      { code: OPTION.application, value: info.application },
    ]),
    encodeInterface('pvdscope', 'Router Advertisements whose interface is not described'),
  ];
  try {
    return new Writer(file, info, file.write(head));
  } catch (error) {
    file.close();
    throw error;
  }
}

class Writer implements TraceWriter {
  readonly counts: { records: number; ras: number; bytes: number } = {
    records: 0,
    ras: 0,
    bytes: 0,
  };
  readonly #file: TraceFile;
  readonly #realtimeOffsetNs: bigint;
  readonly #interfaces = new Map<string, number>();
  readonly #token = randomBytes(8);
  readonly #timer: NodeJS.Timeout;
  #packets: Buffer[] = [];
  #records: Buffer[] = [];
  #pendingBytes = 0;
  #failure: unknown;
  #closed = false;

  constructor(file: TraceFile, info: TraceInfo, bytes: number) {
    this.#file = file;
    this.counts.bytes = bytes;
    this.#realtimeOffsetNs = info.realtimeOffsetNs;
    this.#timer = setInterval(() => this.#flushQuietly(), FLUSH_MS);
    this.#timer.unref();
  }

  append(record: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (record.length === 0 || record.length > RECORD_BYTES_MAX) {
      throw new RangeError(`a record of ${record.length} bytes: 1..${RECORD_BYTES_MAX} fit`);
    }
    const ra = raPacket(record);
    if (ra) this.#appendPacket(ra);
    const entry = Buffer.alloc(RECORD_HEADER_BYTES + pad4(record.length));
    entry.writeUInt32LE(record.length, 0);
    entry.writeUInt32LE(crc32(record), 4);
    entry.set(record, RECORD_HEADER_BYTES);
    this.#records.push(entry);
    this.counts.records++;
    this.#pendingBytes += entry.length;
    if (this.#pendingBytes >= BATCH_BYTES) this.flush();
  }

  flush(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#records.length > 0) this.#write(0);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    try {
      this.flush();
      this.#write(FLAG_LAST);
    } finally {
      this.#file.close();
    }
  }

  #write(flags: number): void {
    const header = Buffer.alloc(RECORDS_HEADER.size - 8);
    header.set(RECORDS_MAGIC, RECORDS_HEADER.magic - 8);
    header.set(this.#token, RECORDS_HEADER.token - 8);
    header.writeUInt16LE(TRACE_VERSION, RECORDS_HEADER.version - 8);
    header.writeUInt16LE(flags, RECORDS_HEADER.flags - 8);
    header.writeUInt32LE(this.#records.length, RECORDS_HEADER.count - 8);
    const block = encodeBlock(BLOCK.records, Buffer.concat([header, ...this.#records]));
    const blocks = [...this.#packets, block];
    this.#packets = [];
    this.#records = [];
    this.#pendingBytes = 0;
    try {
      this.counts.bytes = this.#file.write(blocks);
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

  #appendPacket(ra: RaPacket): void {
    const key = `${ra.netnsCookie} ${ra.ifindex} ${ra.ifname}`;
    let interfaceId = this.#interfaces.get(key);
    if (interfaceId === undefined && this.#interfaces.size < INTERFACES_MAX) {
      interfaceId = this.#interfaces.size + 1;
      this.#interfaces.set(key, interfaceId);
      const name = escapeTerminal(ra.ifname);
      this.#packets.push(
        encodeInterface(name, `ifindex ${ra.ifindex}, netns cookie ${ra.netnsCookie}`),
      );
    }
    const packet = encodePacket({
      interfaceId: interfaceId ?? 0,
      realtimeNs: ra.tsNs + this.#realtimeOffsetNs,
      bytes: ra.bytes,
      originalLength: ra.originalLength,
      comment: `record ${this.counts.records}, netns cookie ${ra.netnsCookie}, ifindex ${ra.ifindex}`,
    });
    this.#packets.push(packet);
    this.counts.ras++;
    this.#pendingBytes += packet.length;
  }
}

/** A file that only ever grows by whole blocks. */
class TraceFile {
  readonly #path: string;
  readonly #regular: boolean;
  #fd: number;
  #length = 0;

  constructor(path: string) {
    this.#path = path;
    try {
      this.#fd = openSync(path, 'w', 0o600);
      this.#regular = fstatSync(this.#fd).isFile();
    } catch (cause) {
      throw fileError('create', path, cause);
    }
  }

  /** Appends the blocks, all or none; returns the new length. Throws AgentError. */
  write(blocks: readonly Buffer[]): number {
    const bytes = Buffer.concat(blocks);
    let done = 0;
    try {
      while (done < bytes.length) done += writeSync(this.#fd, bytes, done);
    } catch (cause) {
      this.#cutBack();
      throw fileError('write', this.#path, cause);
    }
    this.#length += bytes.length;
    return this.#length;
  }

  close(): void {
    if (this.#fd < 0) return;
    const fd = this.#fd;
    this.#fd = -1;
    try {
      closeSync(fd);
    } catch (cause) {
      throw fileError('close', this.#path, cause);
    }
  }

  #cutBack(): void {
    if (!this.#regular) return;
    try {
      ftruncateSync(this.#fd, this.#length);
    } catch {
      // The reader copes with a partial last block.
    }
  }
}

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC:
    'the disk is full: free some space or record to another one; what was written is readable',
  EDQUOT: 'the disk quota is used up; what was written is readable',
  EROFS: 'the file system is read-only: record to another one',
  EACCES: 'choose a place this user may write to',
  EPERM: 'choose a place this user may write to',
  ENOENT: 'the directory does not exist: create it first',
  EISDIR: 'this is a directory: give a file name',
  EFBIG: 'the file reached the size limit (ulimit -f); what was written is readable',
};

function fileError(what: string, path: string, cause: unknown): AgentError {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const hint = HINTS[code];
  return new AgentError({
    code: 'PVD_ERR_TRACE_WRITE',
    op: `${what} trace ${path}`,
    message: `cannot ${what} the trace ${path}: ${message}`,
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}
