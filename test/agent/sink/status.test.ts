import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatStatus, startStatus } from '../../../agent/sink/status.ts';
import { STATS } from '../serve/fixture.ts';

const LINE =
  '7 events  3 decisions  1 agree  0 diverge  2 undecided  33.33 % judged  4 findings  5 lost 9 left out  6 drift  lag 12 ms';
const stats = {
  ...STATS,
  records: 7,
  decisions: 3,
  verdicts: { agree: 1, diverge: 0, undecided: { drift: 1, 'lost-records': 1 } },
  findings: { 'rfc6724.r5.5': 3, 'pvd.bound-route': 1 },
  drift: { route: 4, address: 2 },
  lost: 5,
  leftOut: 9,
  judgedShare: 0.333333,
};

test('the line tells totals, verdicts, findings, losses, drift and lag', () => {
  assert.equal(formatStatus(stats, 12.3), LINE);
});

test('a terminal gets one line that is written over, a file gets lines', () => {
  const source = { stats: () => stats, lagMs: () => 12.3 };
  const said = (isTTY: boolean, columns: number): string => {
    let text = '';
    const out = { isTTY, columns, write: (chunk: string) => (text += chunk) };
    startStatus(source, out, 60_000)();
    return text;
  };
  assert.equal(said(true, 200), `\r\x1b[K${LINE}\n`);
  assert.equal(said(true, 30), `\r\x1b[K${LINE.slice(0, 29)}\n`);
  assert.equal(said(false, 30), `pvdscope: ${LINE}\n`);
});
