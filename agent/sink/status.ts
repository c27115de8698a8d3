/** The status line of `run`: how much was seen, what it came to, and how far behind the agent is. */

import type { StatsData } from '../../src/publish/envelope.ts';

export interface StatusSource {
  stats(): StatsData;
  /** Milliseconds between the newest record that was read and now; 0 when none waits. */
  lagMs(): number;
}

interface Out {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** One line, without its end. */
export function formatStatus(stats: StatsData, lagMs: number): string {
  const { agree, diverge, undecided } = stats.verdicts;
  const sum = (counts: Readonly<Record<string, number>>): number =>
    Object.values(counts).reduce((a, b) => a + b, 0);
  return [
    `${stats.records} events`,
    `${stats.decisions} decisions`,
    `${agree} agree`,
    `${diverge} diverge`,
    `${sum(undecided)} undecided`,
    `${formatShare(stats.judgedShare)} judged`,
    `${sum(stats.findings)} findings`,
    `${stats.lost} lost${stats.skipped === undefined ? '' : ` ${stats.skipped} skipped`}${stats.leftOut === 0 ? '' : ` ${stats.leftOut} left out`}`,
    `${sum(stats.drift)} drift`,
    `lag ${Math.round(lagMs)} ms`,
  ].join('  ');
}

/** As a percentage, rounded down: `100 %` is all. */
export function formatShare(share: number): string {
  return `${Math.floor(10_000 * share) / 100} %`;
}

/**
 * Says so every `everyMs`, on a terminal over and over on one line. Returns what ends it; the
 * line it leaves behind is the last state.
 */
export function startStatus(source: StatusSource, out: Out, everyMs: number): () => void {
  const tell = (): void => {
    const line = formatStatus(source.stats(), source.lagMs());
    if (out.isTTY) out.write(`\r\x1b[K${line.slice(0, Math.max(20, (out.columns ?? 80) - 1))}`);
    else out.write(`pvdscope: ${line}\n`);
  };
  const timer = setInterval(tell, everyMs);
  return () => {
    clearInterval(timer);
    tell();
    if (out.isTTY) out.write('\n');
  };
}
