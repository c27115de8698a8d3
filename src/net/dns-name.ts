/**
 * Domain names between wire form (RFC 1035, section 3.1) and presentation form
 * (RFC 1035, section 5.1; RFC 4343, section 2.1).
 *
 * Presentation form has no final dot (the root alone is `.`), keeps the case, and
 * escapes: `\DDD` (decimal) for an octet that is no visible ASCII character, a
 * backslash before a visible one with a meaning of its own in names, master files or
 * PvD keys. Two wire names are equal exactly when their presentation forms are.
 */

/** Octets of a name on the wire, the root label included (RFC 1035, section 2.3.4). */
export const NAME_BYTES_MAX = 255;
/** Octets of one label (RFC 1035, section 2.3.4). */
export const LABEL_BYTES_MAX = 63;

/**
 * Why octets are no name: the end came before the root label (`truncated`), a length octet is
 * a compression pointer (`compressed`) or of the unassigned types 01 and 10
 * (`label-length`, RFC 1035, section 4.1.4; RFC 6891, section 5), or there are more than 255.
 */
export type NameError = 'truncated' | 'compressed' | 'label-length' | 'too-long';

/** A name read from the wire, or why there is none and the offset of the octet at fault. */
export type WireName =
  | { readonly ok: true; readonly name: string; readonly end: number }
  | { readonly ok: false; readonly error: NameError; readonly offset: number };

/** Visible characters that need a backslash: `"$().;@\` of master files, `:` of PvD keys. */
const SPECIAL = '"$().;@\\:';

/** What each octet looks like inside a label. */
const SHOWN: readonly string[] = Array.from({ length: 256 }, (_, octet) => {
  const char = String.fromCharCode(octet);
  if (octet <= 0x20 || octet >= 0x7f) return `\\${String(octet).padStart(3, '0')}`;
  return SPECIAL.includes(char) ? `\\${char}` : char;
});

/** Reads the uncompressed name that starts at `at`; octets from `limit` on are not looked at. */
export function readWireName(bytes: Uint8Array, at: number, limit: number): WireName {
  const end = Math.min(limit, bytes.length);
  let name = '';
  let pos = at;
  for (;;) {
    if (pos >= end) return { ok: false, error: 'truncated', offset: pos };
    const len = bytes[pos] ?? 0;
    if (len > LABEL_BYTES_MAX) {
      return { ok: false, error: len >= 0xc0 ? 'compressed' : 'label-length', offset: pos };
    }
    if (pos + len + 1 - at > NAME_BYTES_MAX) return { ok: false, error: 'too-long', offset: pos };
    if (len === 0) return { ok: true, name: name === '' ? '.' : name, end: pos + 1 };
    if (pos + len >= end) return { ok: false, error: 'truncated', offset: pos };
    if (name !== '') name += '.';
    for (let i = pos + 1; i <= pos + len; i++) name += SHOWN[bytes[i] ?? 0];
    pos += len + 1;
  }
}

/** What an escape of presentation form stands for, or the octet itself. */
const TOKEN = /\\(\d{3})|\\([^\d])|([^\\])/gsy;

/**
 * The wire form of a name in presentation form, with or without final dot. Undefined when it
 * is none: empty label, label over 63 or name over 255 octets, bad escape, not ASCII.
 */
export function dnsNameToWire(text: string): Uint8Array | undefined {
  if (text === '.') return new Uint8Array(1);
  const out: number[] = [0];
  let lengthAt = 0;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (match === null) return undefined;
    if (match[3] === '.') {
      if (out.length - lengthAt === 1) return undefined;
      if (TOKEN.lastIndex === text.length) break;
      lengthAt = out.push(0) - 1;
      continue;
    }
    const octet = match[1] === undefined ? (match[2] ?? match[3] ?? '').charCodeAt(0) : +match[1];
    if (octet > (match[1] === undefined ? 0x7e : 0xff)) return undefined;
    const labelLen = out.push(octet) - lengthAt - 1;
    if (labelLen > LABEL_BYTES_MAX) return undefined;
    out[lengthAt] = labelLen;
  }
  if (out[lengthAt] === 0) return undefined;
  out.push(0);
  return out.length > NAME_BYTES_MAX ? undefined : Uint8Array.from(out);
}

/** The name with ASCII letters folded, for comparison (RFC 4343, section 3). */
export function foldDnsName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
