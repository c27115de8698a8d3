/**
 * Escaping of text that others chose: names from RAs, processes, interfaces, files.
 *
 * Nothing that moves a cursor, changes colours, reorders or hides text may reach a
 * terminal (Unicode Technical Report 36 calls it visual spoofing); such characters
 * become visible escapes. A backslash stays as it is, since DNS presentation form
 * (RFC 1035, section 5.1) is full of them.
 */

/** Characters kept of one text unless told otherwise; a PvD name has up to 253 (RFC 8801, 3.1). */
export const ESCAPED_MAX = 1024;

const PLAIN = /^[\x20-\x7e]*$/;
/** Controls (C0, DEL, C1), format and bidi characters, separators, lone surrogates, invisibles. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/u;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * `text` fit for one line of a terminal: at most `maxLen` (at least 1) UTF-16 units, the
 * last one `…` when something was cut. An escape is never cut in half.
 */
export function escapeTerminal(text: string, maxLen: number = ESCAPED_MAX): string {
  if (text.length <= maxLen && PLAIN.test(text)) return text;
  let out = '';
  let fitting = 0;
  for (const char of text) {
    out += UNSAFE.test(char) ? escapeChar(char) : char;
    if (out.length > maxLen) return `${out.slice(0, fitting)}…`;
    if (out.length < maxLen) fitting = out.length;
  }
  return out;
}

/** As {@link escapeTerminal}, for the description of a TAP 13 line: `#` and `\` are escaped too. */
export function escapeTap(text: string, maxLen: number = ESCAPED_MAX): string {
  return escapeTerminal(text, maxLen).replace(/[\\#]/g, '\\$&');
}

/**
 * Turns what `JSON.stringify` made into the same value in printable ASCII plus harmless
 * letters, so that NDJSON can be looked at on a terminal.
 */
export function escapeJson(json: string): string {
  if (PLAIN.test(json)) return json;
  let out = '';
  for (const char of json) out += UNSAFE.test(char) ? jsonEscape(char) : char;
  return out;
}

/** Longest name {@link safeFileName} gives, well under NAME_MAX with room for an extension. */
const FILE_NAME_MAX = 200;

/**
 * A file name (no directory) that stands for `text`: letters, digits, `.`, `_`, `-` are kept,
 * all else is percent-encoded UTF-8; never empty, hidden, an option, or longer than 200 bytes.
 */
export function safeFileName(text: string): string {
  const encoded = encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd'))
    .replace(/[!'()*~]/g, (c) => percent(c.charCodeAt(0)))
    .replace(/^[.-]/, (c) => percent(c.charCodeAt(0)));
  const cut = encoded.slice(0, FILE_NAME_MAX).replace(/%.?$/, '');
  return cut === '' ? '_' : cut;
}

function escapeChar(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (code > 0xff) return `\\u{${code.toString(16)}}`;
  return SHORT[char] ?? `\\x${code.toString(16).padStart(2, '0')}`;
}

function jsonEscape(char: string): string {
  let out = '';
  for (let i = 0; i < char.length; i++) {
    out += `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`;
  }
  return out;
}

function percent(code: number): string {
  return `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
}
