/** The kernel's console of a guest: its last lines, and those by which the kernel complained. */

const COMPLAINT =
  /BUG:|WARNING:|Oops|Kernel panic|general protection fault|Out of memory: |possible .*deadlock|suspicious RCU/;

/** Escape sequences of firmware, and carriage returns. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed.
const NOISE = /\x1b[^a-zA-Z]*[a-zA-Z]|\r/g;

const TAIL_MAX_LINES = 40;
const COMPLAINTS_MAX = 50;
const LINE_MAX = 1000;

export interface ConsoleLog {
  push(chunk: Buffer): void;
  readonly tail: readonly string[];
  readonly complaints: readonly string[];
}

export function createConsoleLog(
  onLine?: (line: string) => void,
  onComplaint?: (line: string) => void,
): ConsoleLog {
  const tail: string[] = [];
  const complaints: string[] = [];
  let rest = '';
  const take = (raw: string) => {
    const line = raw.replace(NOISE, '').slice(0, LINE_MAX);
    onLine?.(line);
    tail.push(line);
    if (tail.length > TAIL_MAX_LINES) tail.shift();
    if (!COMPLAINT.test(line) || complaints.length >= COMPLAINTS_MAX) return;
    complaints.push(line);
    onComplaint?.(line);
  };
  return {
    tail,
    complaints,
    push(chunk) {
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = (lines.pop() ?? '').slice(0, LINE_MAX);
      lines.forEach(take);
    },
  };
}
