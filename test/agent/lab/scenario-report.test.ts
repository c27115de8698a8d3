import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReport, tapProgress } from '../../../agent/lab/scenario-report.ts';
import type { ScenarioEvent } from '../../../agent/lab/scenario-run.ts';

const EVENTS: readonly ScenarioEvent[] = [
  { event: 'begin', scenario: 'one # x', file: 's.yaml', kernel: '6.1', actions: 2 },
  { event: 'action', name: 'ping', ok: true, exitCode: 0, durationMs: 5 },
  { event: 'action', name: 'a\nnot ok 1', ok: false, durationMs: 6, message: 'exit 1:\n\x1b[2J' },
  { event: 'check', name: 'r5.5', status: 'xfail', reason: 'stock # kernel', details: ['no'] },
  { event: 'end', ok: false, incomplete: '2 records lost' },
];

function tap(): { report: ReturnType<typeof createReport>; out: () => string } {
  let text = '';
  const report = createReport(
    tapProgress((more) => {
      text += more;
    }),
  );
  return { report, out: () => text };
}

test('TAP: nested, escaped, with totals', () => {
  const { report, out } = tap();
  EVENTS.forEach(report.push);
  report.end();
  assert.equal(
    out(),
    `TAP version 13
# Subtest: one \\# x [6.1]
    ok 1 - ping
    # 5 ms
    not ok 2 - a\\\\nnot ok 1
    # exit 1:
    # \\x1b[2J
    # 6 ms
    not ok 3 - r5.5 # TODO stock \\# kernel
    # no
    1..3
not ok 1 - one \\# x [6.1]
# incomplete: 2 records lost
1..1
# Totals: pass:1 fail:1 xfail:1 xpass:0 skip:0 error:0
`,
  );
});

test('TAP: an incomplete scenario that is run again', () => {
  const { report, out } = tap();
  const begin = EVENTS.slice(0, 2);
  const open = { event: 'end', ok: true, incomplete: '1 undecided', again: true } as const;
  [...begin, open, ...begin, { event: 'end', ok: true } as const].forEach(report.push);
  report.end();
  const subtest = '# Subtest: one \\# x [6.1]\n    ok 1 - ping\n    # 5 ms\n';
  assert.equal(
    out(),
    `TAP version 13
${subtest}# one \\# x [6.1] is run again, for it was incomplete: 1 undecided
${subtest}    1..1
ok 1 - one \\# x [6.1]
1..1
# Totals: pass:1 fail:0 xfail:0 xpass:0 skip:0 error:0
`,
  );
});

test('TAP: a scenario that broke off, and one that never began', () => {
  const { report, out } = tap();
  EVENTS.slice(0, 2).forEach(report.push);
  report.broken('s.yaml', '6.1', 'the guest died');
  report.broken('t.yaml', '6.1', 'the guest died');
  report.end();
  const ran = 'the scenario runs to its end\n {4}# the guest died';
  assert.match(out(), new RegExp(`^ {4}not ok 2 - ${ran}\n {4}1..2\nnot ok 1 - one`, 'm'));
  assert.match(out(), new RegExp(`^ {4}not ok 1 - ${ran}\n {4}1..1\nnot ok 2 - t\\.yaml`, 'm'));
  assert.match(out(), /^# Totals: pass:1 fail:0 xfail:0 xpass:0 skip:0 error:2$/m);
});

test('the suites hold what was told, whether anybody follows or not', () => {
  const report = createReport();
  EVENTS.forEach(report.push);
  const [suite] = report.suites;
  assert.deepEqual(
    suite?.tests.map(({ name, status }) => [name, status]),
    [
      ['ping', 'pass'],
      ['a\nnot ok 1', 'fail'],
      ['r5.5', 'xfail'],
    ],
  );
  assert.equal(suite?.incomplete, '2 records lost');
});
