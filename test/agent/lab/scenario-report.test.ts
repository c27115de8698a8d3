import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNdjsonReport, createTapReport } from '../../../agent/lab/scenario-report.ts';
import type { ScenarioEvent } from '../../../agent/lab/scenario-run.ts';

const EVENTS: readonly ScenarioEvent[] = [
  { event: 'begin', scenario: 'one # x', file: 's.yaml', kernel: '6.1', actions: 2 },
  { event: 'action', name: 'ping', ok: true, exitCode: 0, durationMs: 5 },
  { event: 'action', name: 'a\nnot ok 1', ok: false, durationMs: 6, message: 'exit 1:\n\x1b[2J' },
  { event: 'end', ok: false },
];

test('TAP: nested, escaped, with totals', () => {
  let out = '';
  const report = createTapReport((text) => {
    out += text;
  });
  EVENTS.forEach(report.push);
  report.end();
  assert.equal(
    out,
    `TAP version 13
# Subtest: one \\# x [6.1]
    ok 1 - ping (5 ms)
    not ok 2 - a\\\\nnot ok 1 (6 ms)
    # exit 1:
    # \\x1b[2J
    1..2
not ok 1 - one \\# x [6.1]
1..1
# Totals: pass:0 fail:1 xfail:0 xpass:0 skip:0 error:0
`,
  );
});

test('TAP: a scenario that broke off, and one that never began', () => {
  let out = '';
  const report = createTapReport((text) => {
    out += text;
  });
  EVENTS.slice(0, 2).forEach(report.push);
  report.broken('s.yaml [6.1]', 'the guest died');
  report.broken('t.yaml [6.1]', 'the guest died');
  report.end();
  assert.match(out, /^ {4}1\.\.1\nnot ok 1 - one \\# x \[6\.1\]\n# the guest died\n/m);
  assert.match(out, /^ {4}1\.\.0\nnot ok 2 - t\.yaml \[6\.1\]\n# the guest died\n1\.\.2\n/m);
});

test('NDJSON: one object a line, no control characters', () => {
  let out = '';
  const report = createNdjsonReport((text) => {
    out += text;
  });
  EVENTS.forEach(report.push);
  const lines = out.trimEnd().split('\n');
  assert.deepEqual(
    lines.map((l) => JSON.parse(l)),
    EVENTS,
  );
  assert.equal(out.includes('\x1b'), false);
});
