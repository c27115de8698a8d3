/**
 * Addresses as four 32-bit words inside a typed array: the form in which the trie
 * and the rules of RFC 6724 compare them, without allocating.
 */

import type { Addr6 } from '../net/addr6.ts';

/** Where a flow's words (`Flow.words`) hold its destination and its source. */
export const DADDR = 0;
export const SADDR = 4;

const groups = new Uint16Array(8);

/** Writes the words of `addr`, most significant first, to `out[at]`..`out[at + 3]`. */
export function writeWords(addr: Addr6, out: Uint32Array, at: number): void {
  let count = 0;
  let gap = -1;
  let value = 0;
  let pending = false;
  for (let i = 0; i < addr.length; i++) {
    const c = addr.charCodeAt(i);
    if (c !== 58 /* : */) {
      value = (value << 4) | (c < 58 ? c - 48 : c - 87);
      pending = true;
      continue;
    }
    if (pending) groups[count++] = value;
    else gap = count;
    value = 0;
    pending = false;
  }
  if (pending) groups[count++] = value;
  else gap = count;
  if (gap >= 0 && count < 8) {
    const shift = 8 - count;
    for (let i = 7; i >= gap + shift; i--) groups[i] = groups[i - shift] ?? 0;
    for (let i = gap; i < gap + shift; i++) groups[i] = 0;
  }
  for (let i = 0; i < 4; i++) {
    out[at + i] = (((groups[2 * i] ?? 0) << 16) | (groups[2 * i + 1] ?? 0)) >>> 0;
  }
}

/** A fresh array with the words of `addr`. */
export function wordsOf(addr: Addr6): Uint32Array {
  const out = new Uint32Array(4);
  writeWords(addr, out, 0);
  return out;
}

/** `ipv6_prefix_equal()`: whether both agree in their first `len` bits. */
export function prefixEqual(
  a: Uint32Array,
  aAt: number,
  b: Uint32Array,
  bAt: number,
  len: number,
): boolean {
  let bits = len;
  let i = 0;
  for (; bits >= 32; bits -= 32, i++) if (a[aAt + i] !== b[bAt + i]) return false;
  return bits === 0 || ((a[aAt + i] ?? 0) ^ (b[bAt + i] ?? 0)) >>> (32 - bits) === 0;
}

/** `ipv6_addr_diff()`: number of leading bits both have in common, 128 when equal. */
export function commonBits(a: Uint32Array, aAt: number, b: Uint32Array, bAt: number): number {
  for (let i = 0; i < 4; i++) {
    const diff = ((a[aAt + i] ?? 0) ^ (b[bAt + i] ?? 0)) >>> 0;
    if (diff !== 0) return 32 * i + Math.clz32(diff);
  }
  return 128;
}

/** `ipv6_addr_any()`. */
export function isAny(a: Uint32Array, at: number): boolean {
  return ((a[at] ?? 0) | (a[at + 1] ?? 0) | (a[at + 2] ?? 0) | (a[at + 3] ?? 0)) === 0;
}
