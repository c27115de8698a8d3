/** Fields of a record, written in place into zeroed memory. */

import { type Addr6, addr6Words } from '../../net/addr6.ts';
import { utf8Bytes } from '../../net/utf8.ts';

/** 16 bytes in network order. */
export function writeAddr6(view: DataView, at: number, addr: Addr6): void {
  addr6Words(addr).forEach((word, i) => {
    view.setUint32(at + 4 * i, word);
  });
}

/** A C string in `size` bytes: cut to fit, always terminated. */
export function writeText(view: DataView, at: number, size: number, text: string): void {
  writeBytes(view, at, utf8Bytes(text).subarray(0, size - 1));
}

/** Writes the colon-hex form of a link-layer address; returns its length in bytes, at most `max`. */
export function writeLladdr(view: DataView, at: number, max: number, text: string): number {
  const bytes = text === '' ? [] : text.split(':').slice(0, max);
  bytes.forEach((byte, i) => {
    view.setUint8(at + i, Number.parseInt(byte, 16) & 0xff);
  });
  return bytes.length;
}

export function writeBytes(view: DataView, at: number, bytes: Uint8Array): void {
  new Uint8Array(view.buffer, view.byteOffset + at, bytes.length).set(bytes);
}
