/** Lines that tell a waiting user what is going on; never part of a verb's output. */

import { escapeTerminal } from '../../src/publish/escape.ts';

export type Progress = (line: string) => void;

export function stderrProgress(line: string): void {
  process.stderr.write(`pvdscope: ${escapeTerminal(line)}\n`);
}

export function formatMiB(lenBytes: number): string {
  return `${(lenBytes / (1 << 20)).toFixed(lenBytes < 10 << 20 ? 1 : 0)} MiB`;
}
