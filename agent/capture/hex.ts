/** Octets written as hexadecimal text. */

export type HexText =
  | { readonly ok: true; readonly messages: readonly Uint8Array[] }
  /** `offset`: characters before the one at fault, or before the end of an odd message. */
  | { readonly ok: false; readonly offset: number; readonly message: string };

/** `0x0010:` as tcpdump -x starts its lines. */
const LINE_OFFSET = /^[ \t]*0x[0-9a-fA-F]{1,8}:/gm;
const BETWEEN = /[\s:,-]/;

/**
 * Digits in pairs, anything of white space, `:`, `-`, `,` between them; `0x` before a message
 * or as line offsets of tcpdump is passed over. An empty line ends a message.
 */
export function readHex(text: string): HexText {
  const blanked = text
    .replace(LINE_OFFSET, (match) => ' '.repeat(match.length))
    .replace(/(^|\s)0x(?=[0-9a-fA-F])/g, '$1  ');
  const messages: Uint8Array[] = [];
  let digits = '';
  let newlines = 0;
  const finish = (): void => {
    if (digits !== '') messages.push(Uint8Array.from(Buffer.from(digits, 'hex')));
    digits = '';
  };
  for (let i = 0; i <= blanked.length; i++) {
    const char = blanked[i];
    newlines = char === '\n' ? newlines + 1 : char?.trim() === '' ? newlines : 0;
    if (char === undefined || newlines > 1) {
      if (digits.length % 2 !== 0) {
        return { ok: false, offset: i, message: 'an odd number of hexadecimal digits' };
      }
      finish();
    } else if (/[0-9a-fA-F]/.test(char)) digits += char;
    else if (!BETWEEN.test(char)) {
      return { ok: false, offset: i, message: `${JSON.stringify(char)} is no hexadecimal digit` };
    }
  }
  return { ok: true, messages };
}
