/**
 * Netlink attributes (struct nlattr, include/uapi/linux/netlink.h): length,
 * type, payload, padded to four bytes. Nothing here throws on hostile bytes:
 * what does not fit is not there, and a value of the wrong size reads as absent.
 */

/** NLA_F_NESTED and NLA_F_NET_BYTEORDER are no part of the type (NLA_TYPE_MASK). */
const TYPE_MASK = 0x3fff;
const HEADER_BYTES = 4;

/** Attributes of one message or nest by type; of equal types the last counts, as in nla_parse(). */
export type Attributes = ReadonlyMap<number, Uint8Array>;

/** Steps through the attributes that start at `offset`; stops at the first that does not fit. */
export function* eachAttribute(bytes: Uint8Array, offset = 0): Generator<[number, Uint8Array]> {
  const view = viewOf(bytes);
  for (let at = offset; at + HEADER_BYTES <= bytes.length; ) {
    const len = view.getUint16(at, true);
    if (len < HEADER_BYTES || at + len > bytes.length) return;
    yield [view.getUint16(at + 2, true) & TYPE_MASK, bytes.subarray(at + HEADER_BYTES, at + len)];
    at += (len + 3) & ~3;
  }
}

export function parseAttributes(bytes: Uint8Array, offset = 0): Attributes {
  return new Map(eachAttribute(bytes, offset));
}

/** The C strings of all attributes of a type, in their order. */
export function texts(bytes: Uint8Array, offset: number, type: number): string[] {
  const found = [...eachAttribute(bytes, offset)].filter(([of]) => of === type);
  return found.map(([, value]) => text(new Map([[type, value]]), type) ?? '');
}

/** The attributes nested in the one of this type; none when it is absent. */
export function nested(attributes: Attributes, type: number): Attributes {
  return parseAttributes(attributes.get(type) ?? new Uint8Array());
}

export function u8(attributes: Attributes, type: number): number | undefined {
  const value = attributes.get(type);
  return value?.length === 1 ? value[0] : undefined;
}

export function u16(attributes: Attributes, type: number): number | undefined {
  const value = attributes.get(type);
  return value?.length === 2 ? viewOf(value).getUint16(0, true) : undefined;
}

export function u32(attributes: Attributes, type: number): number | undefined {
  const value = attributes.get(type);
  return value?.length === 4 ? viewOf(value).getUint32(0, true) : undefined;
}

export function s32(attributes: Attributes, type: number): number | undefined {
  const value = attributes.get(type);
  return value?.length === 4 ? viewOf(value).getInt32(0, true) : undefined;
}

/** A C string: ends at the first zero byte, bytes that are no UTF-8 become U+FFFD. */
export function text(attributes: Attributes, type: number): string | undefined {
  const value = attributes.get(type);
  if (value === undefined) return undefined;
  const end = value.indexOf(0);
  return utf8.decode(end < 0 ? value : value.subarray(0, end));
}

const utf8 = new TextDecoder();

/** One attribute as bytes, padded. @throws RangeError when the payload exceeds 65531 bytes. */
export function encodeAttribute(type: number, payload: Uint8Array): Uint8Array {
  const len = HEADER_BYTES + payload.length;
  if (len > 0xffff) throw new RangeError(`attribute ${type} is too long: ${payload.length} bytes`);
  const bytes = new Uint8Array((len + 3) & ~3);
  const view = viewOf(bytes);
  view.setUint16(0, len, true);
  view.setUint16(2, type, true);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

export function encodeU32(type: number, value: number): Uint8Array {
  const payload = new Uint8Array(4);
  viewOf(payload).setUint32(0, value, true);
  return encodeAttribute(type, payload);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
