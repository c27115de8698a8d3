/** A comparison of two runs for people. */

import type { Sorted } from '../expect/baseline.ts';
import {
  answerText,
  CAUSES,
  type Difference,
  describeFlow,
  type FlowAnswer,
} from '../expect/diff.ts';
import { escapeJson, escapeTerminal } from './escape.ts';

const HEADS: Readonly<Record<Difference['cause'], string>> = {
  missing: 'asked in one run only',
  error: 'another error',
  route: 'another route',
  source: 'another source address',
  pvd: 'another PvD',
  verdict: 'another verdict',
  finding: 'other findings',
};

export function formatDiff({ fresh, accepted, expired, unused }: Sorted): string {
  const groups = CAUSES.map((cause) => fresh.filter((d) => d.cause === cause))
    .filter((group) => group.length > 0)
    .map(formatGroup);
  const notes = [
    ...expired.map(({ reason, expires }) => `accepted until ${expires} only: ${reason}`),
    ...unused.map(({ reason }) => `accepted, but not there any more: ${reason}`),
  ];
  const tail = notes.map((note) => `${escapeTerminal(note)}\n`).join('');
  return `${groups.join('')}${tail}${fresh.length} new differences, ${accepted.length} accepted\n`;
}

function formatGroup(group: readonly Difference[]): string {
  const [first] = group;
  const head = first === undefined ? '' : `${HEADS[first.cause]}: ${group.length}\n`;
  return `${head}${group.map(formatDifference).join('')}\n`;
}

function formatDifference({ flow, base, next }: Difference): string {
  const side = (sign: string, answers: readonly FlowAnswer[]) =>
    answers
      .map(({ answer, count, seq }) => {
        const text = escapeTerminal(answerText(answer));
        return `    ${sign} ${text} (${count} times, first #${seq})\n`;
      })
      .join('');
  return `  ${escapeTerminal(describeFlow(flow))}\n${side('-', base)}${side('+', next)}`;
}

/** One line a difference, accepted ones with the reason. */
export function formatDiffNdjson({ fresh, accepted }: Sorted): string {
  const lines = [
    ...fresh.map((difference) => ({ ...difference, accepted: null })),
    ...accepted.map(({ difference, by }) => ({ ...difference, accepted: by.reason })),
  ];
  return lines.map((line) => `${escapeJson(JSON.stringify(line))}\n`).join('');
}
