/**
 * The blocks of a trace: pcapng (draft-ietf-opsawg-pcapng) with our records in a
 * local-use block. docs/trace-format.md is the reference of the layout.
 */

import { deflateRawSync } from 'node:zlib';

export const BLOCK = {
  section: 0x0a0d0d0a,
  interface: 1,
  enhancedPacket: 6,
  /** Local use (bit 31): records of `bpf/event.h`; "PVD" in the low bytes. */
  records: 0x80505644,
} as const;

/** Value of the byte-order magic in a file of this machine's order (little-endian). */
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** Raw IPv6, beginning with the IPv6 header. */
export const LINKTYPE_IPV6 = 229;

/**
 * Version of the records block; a reader refuses newer ones. A writer uses the oldest that has
 * what it needs: 2 is for compression and for traces in several files.
 */
export const TRACE_VERSION = 2;

/** First bytes of the body of every records block: `PVDSCOPE`. */
export const RECORDS_MAGIC: Uint8Array = new TextEncoder().encode('PVDSCOPE');

/** Offsets within a records block; the records follow at `size`, of version 2 at `size2`. */
export const RECORDS_HEADER = {
  magic: 8,
  token: 16,
  version: 24,
  flags: 26,
  count: 28,
  size: 32,
  /** Number of the file, from 1; 0 for a trace in one file. */
  segment: 32,
  /** Bytes of the records when they are compressed, else 0. */
  inflated: 36,
  size2: 40,
} as const;

/** Flag of the block that ends a file; it holds no records. */
export const FLAG_LAST = 1;
/** Flag of records of earlier files, for whoever reads this file alone. */
export const FLAG_REPEATED = 2;

/** Before each record: its length and the CRC-32 of its bytes. */
export const RECORD_HEADER_BYTES = 8;

/** Longest record; the kernel's have at most 4.2 KB, the agent's notes a few more. */
export const RECORD_BYTES_MAX: number = 1 << 20;

/** Longest records block a reader accepts. */
export const RECORDS_BLOCK_BYTES_MAX: number = RECORD_BYTES_MAX + (1 << 18);

export interface RecordsBlock {
  readonly version: 1 | 2;
  /** 8 bytes. */
  readonly token: Uint8Array;
  readonly flags: number;
  readonly segment: number;
  readonly compress: boolean;
  /** Records in {@link entries}. */
  readonly count: number;
  /** Each with length and CRC before it. */
  readonly entries: Uint8Array;
}

/** A records block; see docs/trace-format.md. */
export function encodeRecords(block: RecordsBlock): Buffer {
  const { version, token, flags, segment, compress, count, entries } = block;
  const header = Buffer.alloc((version === 1 ? RECORDS_HEADER.size : RECORDS_HEADER.size2) - 8);
  header.set(RECORDS_MAGIC, RECORDS_HEADER.magic - 8);
  header.set(token, RECORDS_HEADER.token - 8);
  header.writeUInt16LE(version, RECORDS_HEADER.version - 8);
  header.writeUInt16LE(flags, RECORDS_HEADER.flags - 8);
  header.writeUInt32LE(count, RECORDS_HEADER.count - 8);
  if (version === 1) return encodeBlock(BLOCK.records, Buffer.concat([header, entries]));
  header.writeUInt32LE(segment, RECORDS_HEADER.segment - 8);
  if (!compress || entries.length === 0) {
    return encodeBlock(BLOCK.records, Buffer.concat([header, entries]));
  }
  header.writeUInt32LE(entries.length, RECORDS_HEADER.inflated - 8);
  // Fast: a recorder has better to do, and records repeat themselves a lot.
  const deflated = deflateRawSync(entries, { level: 1 });
  return encodeBlock(BLOCK.records, Buffer.concat([header, deflated]));
}

export interface BlockOption {
  readonly code: number;
  readonly value: Uint8Array | string;
}

export const OPTION = {
  comment: 1,
  hardware: 2,
  os: 3,
  application: 4,
  interfaceName: 2,
  interfaceDescription: 3,
  timestampResolution: 9,
} as const;

/** Longest text option; longer ones are cut. */
const OPTION_TEXT_MAX = 512;

/** The next multiple of 4. */
export function pad4(length: number): number {
  return (length + 3) & ~3;
}

/** One whole block: type, length, `body` padded, options, length again. */
export function encodeBlock(
  type: number,
  body: Uint8Array,
  options: readonly BlockOption[] = [],
): Buffer {
  const parts = options.map(encodeOption);
  if (parts.length > 0) parts.push(Buffer.alloc(4));
  const length = 12 + pad4(body.length) + parts.reduce((sum, part) => sum + part.length, 0);
  const block = Buffer.alloc(length);
  block.writeUInt32LE(type, 0);
  block.writeUInt32LE(length, 4);
  block.set(body, 8);
  let at = 8 + pad4(body.length);
  for (const part of parts) {
    block.set(part, at);
    at += part.length;
  }
  block.writeUInt32LE(length, at);
  return block;
}

/** The Section Header Block that starts a file; its section has no known length. */
export function encodeSection(options: readonly BlockOption[]): Buffer {
  const body = Buffer.alloc(16, 0xff);
  body.writeUInt32LE(BYTE_ORDER_MAGIC, 0);
  body.writeUInt16LE(1, 4);
  body.writeUInt16LE(0, 6);
  return encodeBlock(BLOCK.section, body, options);
}

/** An Interface Description Block for raw IPv6 with nanosecond time stamps. */
export function encodeInterface(name: string, description: string): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt16LE(LINKTYPE_IPV6, 0);
  return encodeBlock(BLOCK.interface, body, [
    { code: OPTION.interfaceName, value: name },
    { code: OPTION.interfaceDescription, value: description },
    { code: OPTION.timestampResolution, value: Uint8Array.of(9) },
  ]);
}

export interface Packet {
  readonly interfaceId: number;
  /** Nanoseconds since 1970. */
  readonly realtimeNs: bigint;
  readonly bytes: Uint8Array;
  readonly originalLength: number;
  readonly comment: string;
}

/** An Enhanced Packet Block. */
export function encodePacket(packet: Packet): Buffer {
  const body = Buffer.alloc(20 + packet.bytes.length);
  const ts = BigInt.asUintN(64, packet.realtimeNs);
  body.writeUInt32LE(packet.interfaceId, 0);
  body.writeUInt32LE(Number(ts >> 32n), 4);
  body.writeUInt32LE(Number(ts & 0xffffffffn), 8);
  body.writeUInt32LE(packet.bytes.length, 12);
  body.writeUInt32LE(packet.originalLength, 16);
  body.set(packet.bytes, 20);
  return encodeBlock(BLOCK.enhancedPacket, body, [{ code: OPTION.comment, value: packet.comment }]);
}

function encodeOption(option: BlockOption): Buffer {
  const value =
    typeof option.value === 'string'
      ? Buffer.from(option.value.slice(0, OPTION_TEXT_MAX), 'utf8')
      : option.value;
  const out = Buffer.alloc(4 + pad4(value.length));
  out.writeUInt16LE(option.code, 0);
  out.writeUInt16LE(value.length, 2);
  out.set(value, 4);
  return out;
}
