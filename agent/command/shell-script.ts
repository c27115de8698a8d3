/**
 * Commands as a script for sh(1). Words come from the kernel and from RAs, so every one is
 * quoted, and nothing that is not printable stands in the script as it is.
 */

import type { IpCommand } from '../../src/model/ip-command.ts';
import { escapeTerminal } from '../../src/publish/escape.ts';

const BARE = /^[A-Za-z0-9_./:@%+-]+$/;
const PRINTABLE = /^[\x20-\x7e]*$/;

/** One word, as sh(1) reads it back. A NUL cannot be in a word; it ends it, as it would end the name. */
export function shellWord(word: string): string {
  if (BARE.test(word)) return word;
  if (PRINTABLE.test(word)) return `'${word.replaceAll("'", "'\\''")}'`;
  const octal = [...Buffer.from(word.replace(/\0.*/s, ''), 'utf8')]
    .map((byte) => `\\${byte.toString(8).padStart(3, '0')}`)
    .join('');
  return octal === '' ? "''" : `"$(printf '${octal}')"`;
}

/** One comment line, whatever the text. */
export function shellComment(text: string): string {
  return `# ${escapeTerminal(text)}`;
}

/** One line a command. */
export function shellLine({ words, how }: IpCommand): string {
  const line = words.map(shellWord).join(' ');
  if (how === 'must') return line;
  if (how === 'may-fail') return `${line} 2>/dev/null || :`;
  return `while ${line} 2>/dev/null; do :; done`;
}
