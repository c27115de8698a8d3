/** The `newc` archive the kernel unpacks as initramfs (Documentation/driver-api/early-userspace/buffer-format.rst). */

export interface CpioEntry {
  readonly name: string;
  /** File type and permissions as in stat(2), e.g. `0o100644`. */
  readonly mode: number;
  readonly data?: Uint8Array | string;
}

const MAGIC = '070701';
const HEADER_BYTES = 110;

/** Uncompressed; every owner is root, every time is 0. */
export function writeCpio(entries: readonly CpioEntry[]): Buffer {
  const parts: Uint8Array[] = [];
  [...entries, { name: 'TRAILER!!!', mode: 0 }].forEach((entry, i) => {
    const data = typeof entry.data === 'string' ? Buffer.from(entry.data) : entry.data;
    const name = Buffer.from(`${entry.name}\0`);
    const lenBytes = data?.length ?? 0;
    // ino mode uid gid nlink mtime filesize maj min rmaj rmin namesize chksum
    const fields = [i + 1, entry.mode, 0, 0, 1, 0, lenBytes, 0, 0, 0, 0, name.length, 0];
    const header = MAGIC + fields.map((n) => n.toString(16).padStart(8, '0')).join('');
    parts.push(Buffer.from(header), name, padding(HEADER_BYTES + name.length));
    if (data) parts.push(data, padding(lenBytes));
  });
  return Buffer.concat(parts);
}

function padding(lenBytes: number): Uint8Array {
  return new Uint8Array((4 - (lenBytes % 4)) % 4);
}
