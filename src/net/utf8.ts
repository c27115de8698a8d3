/** UTF-8 without a platform's help: the core has neither DOM nor Node. */

const REPLACEMENT = 0xfffd;

/** Bytes of `text`; lone surrogates become U+FFFD. */
export function utf8Bytes(text: string): Uint8Array {
  const out: number[] = [];
  for (const char of text) {
    const code = char.codePointAt(0) ?? REPLACEMENT;
    const c = code >= 0xd800 && code <= 0xdfff ? REPLACEMENT : code;
    if (c < 0x80) out.push(c);
    else if (c < 0x800) out.push(0xc0 | (c >> 6), 0x80 | (c & 0x3f));
    else if (c < 0x10000) out.push(0xe0 | (c >> 12), 0x80 | ((c >> 6) & 0x3f), 0x80 | (c & 0x3f));
    else {
      out.push(0xf0 | (c >> 18), 0x80 | ((c >> 12) & 0x3f));
      out.push(0x80 | ((c >> 6) & 0x3f), 0x80 | (c & 0x3f));
    }
  }
  return Uint8Array.from(out);
}

/** Text of `bytes`; each byte that is no part of a well-formed sequence becomes U+FFFD. */
export function utf8Text(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; ) {
    const [code, size] = codePointAt(bytes, i);
    text += String.fromCodePoint(code);
    i += size;
  }
  return text;
}

/** Table 3-7 of the Unicode standard: overlong forms, surrogates and what is past U+10FFFF fail. */
function codePointAt(bytes: Uint8Array, i: number): [code: number, size: number] {
  const lead = bytes[i] ?? 0;
  if (lead < 0x80) return [lead, 1];
  const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (size === 0 || lead > 0xf4 || i + size > bytes.length) return [REPLACEMENT, 1];
  let code = lead & (0xff >> (size + 1));
  for (let k = 1; k < size; k++) {
    const next = bytes[i + k] ?? 0;
    if ((next & 0xc0) !== 0x80) return [REPLACEMENT, 1];
    code = (code << 6) | (next & 0x3f);
  }
  const min = size === 4 ? 0x10000 : size === 3 ? 0x800 : 0x80;
  const valid = code >= min && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return valid ? [code, size] : [REPLACEMENT, 1];
}
