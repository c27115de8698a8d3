/** How guests share the scenarios, and what becomes of those that die; the guests are made up. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GuestRunOptions } from '../../../agent/lab/guest-run.ts';
import { jobsFor, type MatrixOptions, partsOf, runMatrix } from '../../../agent/lab/matrix.ts';
import { createReport } from '../../../agent/lab/scenario-report.ts';
import type { GuestResult } from '../../../agent/lab/vm.ts';
import { statusOf } from '../../../src/expect/result.ts';

const KERNELS = ['6.1', '6.12', '7.2'].map((release) => ({
  name: `debian:${release}`,
  release,
  image: 'none',
}));
const FILES = Array.from({ length: 12 }, (_, i) => `s${i}.yaml`);
const MIB = 1024;

const JOBS: readonly (readonly [number, number, number, number])[] = [
  // MiB of a guest, MiB free, CPUs, guests at once
  [768, 24_000, 2, 2],
  [768, 24_000, 64, 13],
  [768, 2000, 8, 1],
  [768, 100, 8, 1],
];
for (const [memMiB, freeMiB, cpus, jobs] of JOBS) {
  test(`${freeMiB} MiB free, ${cpus} CPUs: ${jobs} at once`, () => {
    assert.equal(jobsFor(memMiB, freeMiB * MIB, cpus), jobs);
  });
}

const PARTS: readonly (readonly [number, number, readonly number[]])[] = [
  // kernels, guests at once, scenarios of each part
  [1, 1, [12]],
  [1, 2, [6, 6]],
  [3, 2, [6, 6, 6, 6, 6, 6]],
  [3, 3, [12, 12, 12]],
  [2, 4, [6, 6, 6, 6]],
  [1, 8, [6, 6]],
];
for (const [kernels, jobs, sizes] of PARTS) {
  test(`${kernels} kernels, ${jobs} at once: ${sizes.length} parts`, () => {
    const parts = partsOf(KERNELS.slice(0, kernels), FILES, jobs);
    assert.deepEqual(
      parts.map(({ files }) => files.length),
      sizes,
    );
    for (const kernel of KERNELS.slice(0, kernels)) {
      const mine = parts.filter((part) => part.kernel === kernel);
      assert.deepEqual(
        mine.flatMap(({ files }) => files),
        FILES,
      );
    }
  });
}

const RESULT: GuestResult = {
  exitCode: 0,
  end: 'exited',
  started: true,
  boots: 1,
  bootMs: 1,
  commandMs: 2,
  memTotalKiB: 1000,
  memAvailableKiB: 400,
  qemuPeakKiB: 2000,
  complaints: [],
  consoleTail: [],
};

const pause = () => new Promise((resolve) => setImmediate(resolve));

/** Runs each file as a scenario of its name; `at` decides what happens instead. */
function guests(
  at: (file: string, options: GuestRunOptions) => 'die' | 'complain' | 'again' | 'hang' | undefined,
) {
  const seen = { now: 0, most: 0, runs: [] as string[] };
  const runGuest: MatrixOptions['runGuest'] = async (files, options) => {
    seen.runs.push(`${options.kernel.release}: ${files.join(' ')} ${options.args?.join(' ')}`);
    seen.most = Math.max(seen.most, ++seen.now);
    try {
      for (const file of files) {
        const { release } = options.kernel;
        options.onEvent({ event: 'begin', scenario: file, file, kernel: release, actions: 1 });
        await pause();
        const what = at(file, options);
        if (what === 'complain') options.onComplaint?.('WARNING: route.c:1');
        if (what === 'die') {
          options.onComplaint?.('Kernel panic');
          return { ...RESULT, end: 'died', exitCode: 125 };
        }
        if (what === 'hang') {
          await new Promise((resolve) => options.givenUp?.addEventListener('abort', resolve));
          return { ...RESULT, end: 'hung', exitCode: 125 };
        }
        options.onEvent({ event: 'action', name: 'ping', ok: true, durationMs: 1 });
        if (what === 'again') {
          const [open, actions] = [{ incomplete: '1 undecided', again: true } as const, 1];
          options.onEvent({ event: 'end', ok: true, durationMs: 9, ...open });
          options.onEvent({ event: 'begin', scenario: file, file, kernel: release, actions });
        }
        options.onEvent({ event: 'end', ok: true, durationMs: 3 });
      }
      return RESULT;
    } finally {
      seen.now--;
    }
  };
  return { seen, runGuest };
}

const SILENCE_MAX_MS = 1000;
const WITH = {
  guest: {},
  jobs: 2,
  parts: partsOf(KERNELS, FILES, 2),
  silenceMaxMs: SILENCE_MAX_MS,
};

test('all run, whole, two at once', async () => {
  const { seen, runGuest } = guests(() => undefined);
  const report = createReport();
  const facts = await runMatrix({ ...WITH, report, runGuest });
  assert.equal(seen.most, 2);
  assert.equal(report.suites.length, 36);
  assert.ok(report.suites.every((s) => statusOf(s.tests) === 'pass' && s.durationMs === 3));
  assert.deepEqual([facts.length, facts[0]?.usedKiB, facts[0]?.hostKiB], [6, 600, 2000]);
});

test('a scenario that is run again counts once, as it came out last', async () => {
  const { runGuest } = guests((file) => (file === 's3.yaml' ? 'again' : undefined));
  const report = createReport();
  const facts = await runMatrix({ ...WITH, report, runGuest });
  assert.equal(report.suites.length, 36);
  assert.ok(report.suites.every((s) => s.durationMs === 3 && s.incomplete === undefined));
  const ended = facts.map(({ end, scenarios }) => [end, scenarios].join(' '));
  assert.deepEqual([...new Set(ended)], ['exited 6']);
});

test('a guest that dies costs the scenario it died with, and is told why', async () => {
  const { seen, runGuest } = guests((file, { kernel }) =>
    file === 's3.yaml' && kernel.release === '6.12' ? 'die' : undefined,
  );
  const report = createReport();
  const facts = await runMatrix({ ...WITH, report, runGuest });
  const bad = report.suites.filter((s) => statusOf(s.tests) === 'error');
  assert.deepEqual(
    bad.map(({ name, kernel, tests }) => [name, kernel, tests.at(-1)?.reason]),
    [['s3.yaml', '6.12', 'guest: died\nKernel panic']],
  );
  assert.equal(report.suites.length, 36);
  assert.ok(seen.runs.includes('6.12: s4.yaml s5.yaml '));
  assert.deepEqual(
    facts.filter(({ end }) => end === 'died').map(({ scenarios }) => scenarios),
    [3],
  );
});

test('a guest that hangs costs the scenario it hung in, once it was silent for long', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  // Each begin is a sign of life: all of them together take longer than one may.
  const { seen, runGuest } = guests((file) => {
    t.mock.timers.tick(SILENCE_MAX_MS - 1);
    if (file !== 's3.yaml') return undefined;
    setImmediate(() => t.mock.timers.tick(1));
    return 'hang';
  });
  const report = createReport();
  const parts = partsOf(KERNELS.slice(0, 1), FILES, 1);
  const facts = await runMatrix({ ...WITH, parts, report, runGuest });
  const bad = report.suites.filter((s) => statusOf(s.tests) !== 'pass');
  assert.deepEqual(
    bad.map(({ name, tests }) => [name, tests.at(-1)?.status, tests.at(-1)?.reason]),
    [['s3.yaml', 'error', 'guest: hung: silent for 1 s']],
  );
  assert.equal(report.suites.length, FILES.length);
  assert.deepEqual(
    facts.map(({ end, scenarios }) => [end, scenarios]),
    [
      ['hung', 3],
      ['exited', 8],
    ],
  );
  assert.equal(seen.runs.length, 2);
});

test('a guest that takes its time to boot is not one that hangs', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { runGuest } = guests(() => undefined);
  const report = createReport();
  const facts = await runMatrix({
    ...WITH,
    report,
    runGuest: async (files, options) => {
      t.mock.timers.tick(10 * SILENCE_MAX_MS);
      assert.equal(options.givenUp?.aborted, false);
      return (runGuest ?? assert.fail())(files, options);
    },
  });
  t.mock.timers.tick(10 * SILENCE_MAX_MS);
  assert.ok(facts.every(({ end }) => end === 'exited'));
});

test('a guest that never gets to a scenario loses them all, once', async () => {
  const report = createReport();
  const runGuest = async () => ({ ...RESULT, end: 'died' as const, started: false });
  const facts = await runMatrix({ ...WITH, report, runGuest });
  assert.deepEqual([facts.length, report.suites.length], [6, 36]);
  assert.ok(report.suites.every((s) => statusOf(s.tests) === 'error'));
});

test('what the kernel complains of is a failure of the scenario that ran', async () => {
  const { runGuest } = guests((file) => (file === 's2.yaml' ? 'complain' : undefined));
  const report = createReport();
  await runMatrix({ ...WITH, parts: partsOf(KERNELS.slice(0, 1), FILES, 1), report, runGuest });
  const bad = report.suites.filter((s) => statusOf(s.tests) === 'fail');
  assert.deepEqual(
    bad.map(({ name, tests }) => [name, tests.at(-1)?.details]),
    [['s2.yaml', ['WARNING: route.c:1']]],
  );
});

test('traces: one file a guest', async () => {
  const { seen, runGuest } = guests((file) => (file === 's3.yaml' ? 'die' : undefined));
  const parts = partsOf(KERNELS.slice(0, 2), FILES.slice(0, 5), 1);
  await runMatrix({
    ...WITH,
    jobs: 1,
    parts,
    trace: '/x/t.pcapng',
    report: createReport(),
    runGuest,
  });
  assert.deepEqual(
    seen.runs.map((run) => run.replace(/^.*--trace=/, '')),
    ['/x/t.6.1.pcapng', '/x/t.6.1.2.pcapng', '/x/t.6.12.pcapng', '/x/t.6.12.2.pcapng'],
  );
});

test('a guest that cannot be started ends all of them', async () => {
  const signals: AbortSignal[] = [];
  const runGuest: MatrixOptions['runGuest'] = async (_files, { kernel, signal }) => {
    if (signal) signals.push(signal);
    if (kernel.release === '6.1') throw new Error('no QEMU');
    return new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  };
  const parts = partsOf(KERNELS, FILES, 3);
  const run = runMatrix({ ...WITH, jobs: 3, parts, report: createReport(), runGuest });
  await assert.rejects(run, /no QEMU/);
  assert.ok(signals.length === 3 && signals.every(({ aborted }) => aborted));
});
