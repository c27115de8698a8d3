/** Numbers in network order. Callers have checked the bounds: what lies outside reads as 0. */

export function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

export function u32(bytes: Uint8Array, at: number): number {
  return ((u16(bytes, at) << 16) | u16(bytes, at + 2)) >>> 0;
}

export function putU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function putU32(bytes: Uint8Array, at: number, value: number): void {
  putU16(bytes, at, value >>> 16);
  putU16(bytes, at + 2, value & 0xffff);
}

/** Whether every octet of `[from, to)` is 0. */
export function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** Octets of one unit of an option's length field (RFC 4861, section 4.6). */
export const UNIT = 8;
const UNITS_MAX = 255;

/**
 * An option of `type` with room for `lenBytes` octets, header included, rounded up to whole
 * units, and at least `unitsMin` of them. @throws RangeError when it would exceed 255 units.
 */
export function newOption(type: number, lenBytes: number, unitsMin = 1): Uint8Array {
  const units = Math.max(Math.ceil(lenBytes / UNIT), unitsMin);
  if (units > UNITS_MAX) {
    throw new RangeError(`option ${type} of ${lenBytes} octets exceeds ${UNITS_MAX * UNIT}`);
  }
  const out = new Uint8Array(units * UNIT);
  out[0] = type;
  out[1] = units;
  return out;
}
