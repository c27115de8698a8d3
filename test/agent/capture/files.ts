/** Capture files of both formats and byte orders, made octet by octet. */

export interface FileOptions {
  readonly bigEndian?: boolean;
  readonly nanoseconds?: boolean;
  readonly linkType?: number;
}

type Put = (value: number, bytes: 2 | 4) => Buffer;

function putter(bigEndian: boolean): Put {
  return (value, bytes) => {
    const out = Buffer.alloc(bytes);
    if (bigEndian) out.writeUIntBE(value >>> 0, 0, bytes);
    else out.writeUIntLE(value >>> 0, 0, bytes);
    return out;
  };
}

export function pcapFile(packets: readonly Uint8Array[], options: FileOptions = {}): Buffer {
  const put = putter(options.bigEndian ?? false);
  const magic = options.nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4;
  const header = [put(magic, 4), put(2, 2), put(4, 2), put(0, 4), put(0, 4), put(262_144, 4)];
  const records = packets.flatMap((bytes) => [
    ...[put(1_700_000_000, 4), put(5, 4), put(bytes.length, 4), put(bytes.length, 4)],
    bytes,
  ]);
  return Buffer.concat([...header, put(options.linkType ?? 101, 4), ...records]);
}

/** A block: type, length, body padded to four octets, length. */
export function block(put: Put, type: number, ...body: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(body);
  const padded = Buffer.concat([content, Buffer.alloc((4 - (content.length % 4)) % 4)]);
  const len = put(padded.length + 12, 4);
  return Buffer.concat([put(type, 4), len, padded, len]);
}

/** A section with one interface; the packets take turns among the three packet blocks. */
export function pcapngFile(packets: readonly Uint8Array[], options: FileOptions = {}): Buffer {
  const put = putter(options.bigEndian ?? false);
  const section = [
    put(0x1a2b3c4d, 4),
    put(1, 2),
    put(0, 2),
    put(0xffffffff, 4),
    put(0xffffffff, 4),
  ];
  const resolution = [put(9, 2), put(1, 2), Uint8Array.of(options.nanoseconds ? 9 : 6, 0, 0, 0)];
  const blocks = [
    block(put, 0x0a0d0d0a, ...section),
    block(put, 1, put(options.linkType ?? 101, 2), put(0, 2), put(0, 4), ...resolution, put(0, 4)),
    // A custom block that is none of our business, longer than what a reader takes at once.
    block(put, 0x0bad, Buffer.alloc(100_000, 0xff)),
  ];
  const units = BigInt(1_700_000_000) * (options.nanoseconds ? 1_000_000_000n : 1_000_000n) + 5n;
  const time = [put(Number(units >> 32n), 4), put(Number(units & 0xffffffffn), 4)];
  packets.forEach((bytes, i) => {
    const len = put(bytes.length, 4);
    if (i % 3 === 0) blocks.push(block(put, 6, put(0, 4), ...time, len, len, bytes));
    else if (i % 3 === 1)
      blocks.push(block(put, 2, put(0, 2), put(0, 2), ...time, len, len, bytes));
    else blocks.push(block(put, 3, len, bytes));
  });
  return Buffer.concat(blocks);
}
