/**
 * Options kept as octets: unknown types, malformed ones, and those whose content matters
 * only to their own protocols: Redirected Header (RFC 4861, section 4.6.3), CGA, RSA
 * Signature, Timestamp, Nonce (RFC 3971, section 5).
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Type      |    Length     |              ...              ~
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */

import { newOption } from './bytes.ts';

export interface RawOption {
  readonly kind: 'raw';
  readonly type: number;
  /** All octets after the length field. When decoded, a view of the message. */
  readonly data: Uint8Array;
}

export function readRaw(bytes: Uint8Array, at: number, len: number): RawOption {
  return { kind: 'raw', type: bytes[at] ?? 0, data: bytes.subarray(at + 2, at + len) };
}

/** `data` is padded with zeros to a whole unit. @throws RangeError past 255 units. */
export function rawBytes(option: RawOption): Uint8Array {
  const out = newOption(option.type, 2 + option.data.length);
  out.set(option.data, 2);
  return out;
}
