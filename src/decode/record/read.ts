/** Fields of a record, read in place. Host byte order is little-endian on every host we run on. */

import { type Addr6, addr6FromWords } from '../../net/addr6.ts';
import { utf8Text } from '../../net/utf8.ts';

let view: DataView = new DataView(new ArrayBuffer(0));

/**
 * A view of the whole of `buffer`, kept for the next call: records come from a ring, or a block
 * of a trace, and making a view costs as much as decoding one.
 */
export function viewOf(buffer: ArrayBufferLike): DataView {
  if (buffer !== view.buffer) view = new DataView(buffer);
  return view;
}

/** 16 bytes in network order. */
export function readAddr6(view: DataView, at: number): Addr6 {
  return addr6FromWords(
    view.getUint32(at),
    view.getUint32(at + 4),
    view.getUint32(at + 8),
    view.getUint32(at + 12),
  );
}

/** Texts of recent 16-byte names, direct-mapped like the addresses of `addr6.ts`. */
const SLOTS = 1024;
const slotWords = new Uint32Array(4 * SLOTS);
const slotTexts: string[] = new Array<string>(SLOTS).fill('');

/** A `char[16]`: task and interface names. */
export function readName(view: DataView, at: number): string {
  const a = view.getUint32(at);
  const b = view.getUint32(at + 4);
  const c = view.getUint32(at + 8);
  const d = view.getUint32(at + 12);
  const hash = Math.imul(a ^ Math.imul(b, 31) ^ Math.imul(c, 961) ^ d, 0x9e3779b1);
  const slot = (hash ^ (hash >>> 16)) & (SLOTS - 1);
  const k = 4 * slot;
  if (
    slotWords[k] === a &&
    slotWords[k + 1] === b &&
    slotWords[k + 2] === c &&
    slotWords[k + 3] === d
  ) {
    return slotTexts[slot] ?? '';
  }
  const text = readText(view, at, 16);
  slotWords.set([a, b, c, d], k);
  slotTexts[slot] = text;
  return text;
}

/** A C string of at most `size` bytes; what is no UTF-8 becomes U+FFFD. */
export function readText(view: DataView, at: number, size: number): string {
  let len = 0;
  while (len < size && view.getUint8(at + len) !== 0) len++;
  return utf8Text(new Uint8Array(view.buffer, view.byteOffset + at, len));
}

const HEX_BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** A link-layer address as lower-case hex with colons. */
export function readLladdr(view: DataView, at: number, len: number): string {
  let text = '';
  for (let i = 0; i < len; i++) {
    if (i > 0) text += ':';
    text += HEX_BYTES[view.getUint8(at + i)];
  }
  return text;
}

/** A copy: the memory of a ring is reused as soon as the record is consumed. */
export function readBytes(view: DataView, at: number, len: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, len).slice();
}
