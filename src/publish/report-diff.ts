/** A comparison of two runs for people. */

import type { Sorted } from '../expect/baseline.ts';
import {
  answerText,
  CAUSES,
  type Difference,
  describeFlow,
  type FlowAnswer,
  type LadderOf,
  type Ladders,
} from '../expect/diff.ts';
import { escapeJson, escapeTerminal } from './escape.ts';
import { sideBySide } from './side-by-side.ts';

const HEADS: Readonly<Record<Difference['cause'], string>> = {
  missing: 'asked in one run only',
  error: 'another error',
  route: 'another route',
  source: 'another source address',
  pvd: 'another PvD',
  verdict: 'another verdict',
  finding: 'other findings',
};

/** Of one ladder beside the other, in characters. */
const COLUMN = 72;

export function formatDiff(
  { fresh, accepted, expired, unused }: Sorted,
  ladderOf: LadderOf = () => undefined,
): string {
  const groups = CAUSES.map((cause) => fresh.filter((d) => d.cause === cause))
    .filter((group) => group.length > 0)
    .map((group) => formatGroup(group, ladderOf));
  const notes = [
    ...expired.map(({ reason, expires }) => `accepted until ${expires} only: ${reason}`),
    ...unused.map(({ reason }) => `accepted, but not there any more: ${reason}`),
  ];
  const tail = notes.map((note) => `${escapeTerminal(note)}\n`).join('');
  return `${groups.join('')}${tail}${fresh.length} new differences, ${accepted.length} accepted\n`;
}

function formatGroup(group: readonly Difference[], ladderOf: LadderOf): string {
  const [first] = group;
  const head = first === undefined ? '' : `${HEADS[first.cause]}: ${group.length}\n`;
  const body = group.map((one) => `${formatDifference(one)}${formatLadders(ladderOf(one))}`);
  return `${head}${body.join('')}\n`;
}

function formatLadders(ladders: Ladders | undefined): string {
  if (ladders === undefined) return '';
  const [base, next] = [ladders.base, ladders.next].map((lines) =>
    lines.map((line) => escapeTerminal(line)),
  );
  const rows = sideBySide(['base:', ...(base ?? [])], ['new:', ...(next ?? [])], COLUMN);
  return rows.map((row) => `      ${row}\n`).join('');
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
export function formatDiffNdjson(
  { fresh, accepted }: Sorted,
  ladderOf: LadderOf = () => undefined,
): string {
  const lines = [
    ...fresh.map((difference) => {
      const ladders = ladderOf(difference) ?? null;
      return { ...difference, accepted: null, ladders };
    }),
    ...accepted.map(({ difference, by }) => ({
      ...difference,
      accepted: by.reason,
      ladders: null,
    })),
  ];
  return lines.map((line) => `${escapeJson(JSON.stringify(line))}\n`).join('');
}
