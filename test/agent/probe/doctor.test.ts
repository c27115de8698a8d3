/** What `pvdscope doctor` prints: of a made-up kernel, and of this one. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { formatDiagnosis } from '../../../agent/command/doctor.ts';
import type { Diagnosis } from '../../../agent/probe/diagnosis.ts';
import { canTrace } from '../../../agent/probe/environment.ts';

const GOOD: Diagnosis = {
  ok: true,
  kernel: '6.12.0-test',
  libbpf: { ok: true, value: 'v1.1 (libbpf.so.1)' },
  hz: { ok: true, value: 250 },
  btfBytes: { ok: true, value: 5_000_000 },
  capabilities: { ok: true, value: [] },
  tracing: { ok: true, value: true },
  quirks: { oifMatchShortcut: true, mip6: false },
  probe: {
    ok: true,
    value: {
      hooks: [
        { program: 'a_entry', target: 'a', attached: true },
        { program: 'b_exit', target: 'b', attached: false, reason: 'no such function' },
      ],
      degraded: [{ program: 'b_exit', target: 'b', reason: 'no such function', degrades: 'bees' }],
      profile: 'linux',
      times: { loadMs: 100.4, attachMs: 50, totalMs: 200 },
      selfTest: {
        ok: true,
        seen: { ra: true, 'ra-done': true, addr: true, lookup: true },
        lost: 0,
        tookMs: 300,
      },
    },
  },
  troubles: [],
};

describe('formatDiagnosis', () => {
  it('tells all that is there, and what is missed without the rest', () => {
    assert.equal(
      formatDiagnosis(GOOD),
      `kernel        6.12.0-test
libbpf        v1.1 (libbpf.so.1)
HZ            250
BTF           5.0 MB
capabilities  all that are needed
tracing       possible
behaviour     oifMatchShortcut on, nhgrpScanAll ?, routerPref ?, ruleL3Master ?, mip6 off, stackInit ?, nextHopRule ?
profile       linux
hooks         1 of 2 programs attached: load 100 ms, attach 50 ms, in all 200 ms
  absent      b_exit: no such function
  degraded    without b_exit: bees
self-test     saw ra, ra-done, addr, lookup after 300 ms
verdict       this kernel can be watched
`,
    );
  });

  it('tells reasons and hints of what is not there', () => {
    const text = formatDiagnosis({
      ...GOOD,
      ok: false,
      libbpf: { ok: false, reason: 'no library', hint: 'apt install libbpf1' },
      capabilities: { ok: true, value: ['CAP_BPF'] },
      probe: { ok: false, reason: 'refused' },
      troubles: ['a bad record'],
    });
    assert.match(text, /^libbpf {8}no library \(apt install libbpf1\)$/m);
    assert.match(text, /^capabilities {2}missing: CAP_BPF$/m);
    assert.match(text, /^hooks {9}refused$/m);
    assert.match(text, /^trouble {7}a bad record$/m);
    assert.match(text, /^verdict {7}this kernel cannot be watched$/m);
  });

  it('tells what the self-test did not see, and what was lost', () => {
    const { probe } = GOOD;
    assert.ok(probe.ok);
    const selfTest = {
      ok: false,
      seen: { ra: true, 'ra-done': false, addr: true, lookup: false },
      lost: 7,
      tookMs: 10_000,
    };
    const text = formatDiagnosis({
      ...GOOD,
      probe: { ok: true, value: { ...probe.value, selfTest } },
    });
    assert.match(text, /saw ra, addr; not ra-done, lookup after 10000 ms; 7 records lost/);
  });

  it('lets no control character through', () => {
    const evil = '\u001b[2J\u202e<script>';
    const text = formatDiagnosis({
      ...GOOD,
      kernel: evil,
      probe: { ok: false, reason: evil, hint: evil },
      troubles: [evil],
    });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u202e]/);
  });
});

describe('doctor', { skip: canTrace().ok ? 'this kernel can be traced' : false }, () => {
  const url = JSON.stringify(import.meta.resolve('../../../agent/command/doctor.js'));
  const doctor = (...argv: string[]): ReturnType<typeof spawnSync> => {
    const script = `
      import { doctorCommand } from ${url};
      await doctorCommand().parseAsync(${JSON.stringify(argv)}, { from: 'user' });`;
    return spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  };

  it('exits with 3 where tracing is refused, and says so', () => {
    const { status, stdout, stderr } = doctor();
    assert.equal(status, 3);
    assert.match(String(stdout), /verdict +this kernel cannot be watched\n$/);
    assert.equal(stderr, '');
  });

  it('gives the same as JSON', () => {
    const { status, stdout } = doctor('--format', 'json');
    assert.equal(status, 3);
    const diagnosis = JSON.parse(String(stdout)) as Diagnosis;
    assert.equal(diagnosis.ok, false);
    assert.ok(!diagnosis.probe.ok && diagnosis.probe.reason.length > 0);
  });
});
