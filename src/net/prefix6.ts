/** IPv6 prefixes as values: canonical text `addr/len` with the bits past `len` zero. */

import { type Addr6, addr6FromWords, addr6Words, parseAddr6 } from './addr6.ts';

declare const brand: unique symbol;

/** An IPv6 prefix, e.g. `2001:db8::/32`; equal prefixes are equal strings. */
export type Prefix6 = string & { readonly [brand]: 'Prefix6' };

/** `::/0` */
export const DEFAULT6: Prefix6 = '::/0' as Prefix6;

/** Builds a prefix; bits of `addr` past `len` (0..128) are masked off. */
export function prefix6From(addr: Addr6, len: number): Prefix6 {
  return `${maskAddr6(addr, len)}/${len}` as Prefix6;
}

/** Parses `addr/len`; undefined when malformed. Host bits are masked off. */
export function parsePrefix6(text: string): Prefix6 | undefined {
  const match = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text);
  const addr = match && parseAddr6(match[1] ?? '');
  const len = Number(match?.[2]);
  return addr && len <= 128 ? prefix6From(addr, len) : undefined;
}

/** As {@link parsePrefix6}, for literals in code: throws a RangeError. */
export function prefix6(text: string): Prefix6 {
  const prefix = parsePrefix6(text);
  if (prefix === undefined) throw new RangeError(`not an IPv6 prefix: ${JSON.stringify(text)}`);
  return prefix;
}

/** The address part of a prefix. */
export function prefixAddr(prefix: Prefix6): Addr6 {
  return prefix.slice(0, prefix.lastIndexOf('/')) as Addr6;
}

/** The length of a prefix, 0..128. */
export function prefixLen(prefix: Prefix6): number {
  return Number(prefix.slice(prefix.lastIndexOf('/') + 1));
}

/** Whether `addr` lies within `prefix`. */
export function prefixContains(prefix: Prefix6, addr: Addr6): boolean {
  return maskAddr6(addr, prefixLen(prefix)) === prefixAddr(prefix);
}

/** `addr` with the bits past `len` cleared. */
export function maskAddr6(addr: Addr6, len: number): Addr6 {
  if (len >= 128) return addr;
  const words = addr6Words(addr);
  const keep = (i: number): number => {
    const bits = len - 32 * i;
    if (bits >= 32) return words[i] ?? 0;
    return bits <= 0 ? 0 : ((words[i] ?? 0) & (0xffffffff << (32 - bits))) >>> 0;
  };
  return addr6FromWords(keep(0), keep(1), keep(2), keep(3));
}
