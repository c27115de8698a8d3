/** Prefix fields on the wire: up to 16 octets, of which the first `len` bits count. */

import { type Addr6, addr6FromWords } from '../../net/addr6.ts';
import type { Prefix6 } from '../../net/prefix6.ts';
import { u32 } from './bytes.ts';

export interface PrefixField {
  /** As sent, bits past the length included. */
  readonly addr: Addr6;
  /** The bits past the length cleared. */
  readonly prefix: Prefix6;
  /** A bit past the length was set. */
  readonly excess: boolean;
}

/** Reads `room` octets (0, 8 or 16; the rest counts as 0) as a prefix of `len` bits, 0..128. */
export function readPrefix(bytes: Uint8Array, at: number, room: number, len: number): PrefixField {
  const a = room >= 4 ? u32(bytes, at) : 0;
  const b = room >= 8 ? u32(bytes, at + 4) : 0;
  const c = room >= 12 ? u32(bytes, at + 8) : 0;
  const d = room >= 16 ? u32(bytes, at + 12) : 0;
  const ma = keep(a, len);
  const mb = keep(b, len - 32);
  const mc = keep(c, len - 64);
  const md = keep(d, len - 96);
  const addr = addr6FromWords(a, b, c, d);
  const excess = ma !== a || mb !== b || mc !== c || md !== d;
  const masked = excess ? addr6FromWords(ma, mb, mc, md) : addr;
  return { addr, prefix: `${masked}/${len}` as Prefix6, excess };
}

function keep(word: number, bits: number): number {
  if (bits >= 32) return word;
  return bits <= 0 ? 0 : (word & (0xffffffff << (32 - bits))) >>> 0;
}
