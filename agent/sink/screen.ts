/** A whole terminal to draw on, given back as it was. */

import type { ReadStream, WriteStream } from 'node:tty';

export interface Screen {
  readonly columns: number;
  readonly rows: number;
  /** Replaces what is shown; lines are escaped and fit already. */
  draw(lines: readonly string[]): void;
  /** Gives the terminal back; a second call does nothing. */
  close(): void;
}

/** The other screen, no cursor, no wrapping: a line too long costs itself alone. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';
/** Synchronized output: terminals that know it show a frame at once, others ignore it. */
const BEGIN = '\x1b[?2026h\x1b[H';
const END = '\x1b[J\x1b[?2026l';

/** `onKey`: a key or what else is typed; `onResize`: the size is another. */
export function openScreen(
  input: ReadStream,
  output: WriteStream,
  onKey: (key: string) => void,
  onResize: () => void,
): Screen {
  const typed = (chunk: Buffer): void => onKey(chunk.toString('utf8'));
  let isOpen = true;
  output.write(ENTER);
  output.on('resize', onResize);
  if (input.isTTY) {
    input.setRawMode(true);
    input.on('data', typed);
  }
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    process.off('exit', close);
    output.off('resize', onResize);
    if (input.isTTY) {
      input.off('data', typed);
      input.setRawMode(false);
      input.pause();
    }
    output.write(LEAVE);
  };
  // Whatever ends the program, the terminal is not left behind like that.
  process.on('exit', close);
  return {
    get columns() {
      return output.columns || 80;
    },
    get rows() {
      return output.rows || 24;
    },
    draw(lines): void {
      // No erasing of the whole: each line is overwritten, so nothing flickers.
      if (isOpen)
        output.write(`${BEGIN}${lines.map((line) => `${line}\x1b[K`).join('\r\n')}${END}`);
    },
    close,
  };
}
