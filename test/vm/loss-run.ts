/** One boot of a kernel in which the ring overflows: what was lost, left out, and judged. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../../agent/error.ts';
import { MAIN } from '../../agent/paths.ts';
import { KIND } from '../../src/decode/layout.gen.ts';
import type { Envelope, StatsData } from '../../src/publish/envelope.ts';
import { guestSaid } from './guest-said.ts';

const GUEST = fileURLToPath(new URL('./loss-guest.js', import.meta.url));
/** Emulated, on a busy machine. */
const TIMEOUT_MS = 900_000;
const DECISIONS = ['flow', 'lookup', 'saddr'];

interface Counted {
  readonly lost: number;
  readonly lostByKind: readonly number[];
  readonly leftOutByKind: readonly number[];
}

interface Run {
  readonly sent: number;
  readonly code: number;
  /** After decisions alone, and at the end. */
  readonly early: Counted;
  readonly bpf: Counted;
}

export function checkLoss(kernelName: string): void {
  describe(`${kernelName}: a ring that overflows`, { timeout: TIMEOUT_MS + 60_000 }, () => {
    const dir = mkdtempSync(join(tmpdir(), 'pvdscope-loss-'));
    let run: Run;
    let all: Envelope[];
    let live: Buffer;
    after(() => rmSync(dir, { recursive: true, force: true }));
    before(async () => {
      run = await boot(kernelName, dir);
      live = readFileSync(join(dir, 'loss.ndjson'));
      all = live
        .toString()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Envelope);
    });
    const of = <K extends Envelope['kind']>(kind: K) =>
      all.filter((one): one is Extract<Envelope, { kind: K }> => one.kind === kind);
    const stats = (): StatsData => of('stats').at(-1)?.data as StatsData;

    it('tells as lost what BPF counted, kind by kind, and finds every gap', () => {
      const told = of('lost').filter(({ data }) => data.source === 'counters');
      assert.deepEqual(told.at(-1)?.data.byKind, named(run.bpf.lostByKind));
      assert.ok(run.bpf.lost > 100, `${run.bpf.lost} lost`);
      assert.equal(stats().lost, run.bpf.lost);
      const gaps = of('lost').filter(({ data }) => data.source === 'gap');
      assert.equal(
        gaps.reduce((sum, { data }) => sum + data.count, 0),
        run.bpf.lost,
      );
    });

    it('leaves out decisions only, whole ones, before anything is lost', () => {
      const left = named(run.bpf.leftOutByKind);
      assert.deepEqual(
        Object.keys(left).filter((kind) => !DECISIONS.includes(kind)),
        [],
      );
      assert.ok((run.early.leftOutByKind[KIND.FLOW] ?? 0) > 100, JSON.stringify(run.early));
      assert.equal(run.early.lost, 0);
      const told = of('lost').find(({ data }) => data.source === 'counters');
      const incomplete = of('decision').filter(({ data }) => data.incomplete !== null);
      const before = incomplete.filter(({ seq }) => seq < (told?.seq ?? 0));
      assert.deepEqual(before, []);
      assert.equal(
        stats().leftOut,
        Object.values(left).reduce((sum, n) => sum + n, 0),
      );
    });

    it('accounts for every datagram', (t) => {
      const { byKind, decisions, leftOut, judgedShare } = stats();
      const { sent, bpf } = run;
      t.diagnostic(JSON.stringify({ sent, decisions, leftOut, lost: bpf.lost, judgedShare }));
      const lost = run.bpf.lostByKind[KIND.FLOW] ?? 0;
      const left = run.bpf.leftOutByKind[KIND.FLOW] ?? 0;
      assert.equal((byKind['flow'] ?? 0) + lost + left, run.sent);
    });

    it('gives no wrong verdict, and says why there is none', () => {
      const { verdicts, judgedShare } = stats();
      assert.equal(verdicts.diverge, 0);
      assert.deepEqual(Object.keys(verdicts.undecided), ['lost-records']);
      assert.ok(judgedShare > 0 && judgedShare < 1, `${judgedShare}`);
    });

    it('trusts the state again once a dump has come', () => {
      const last = of('decision').slice(-30);
      assert.ok(last.every(({ data }) => data.verdict.verdict === 'agree'));
      assert.equal(of('snapshot').at(-1)?.data.lostNs, null);
    });

    it('replays to the same', () => {
      const args = [MAIN, 'replay', '--format', 'ndjson', join(dir, 'loss.pcapng')];
      const replay = spawnSync(process.execPath, args, { maxBuffer: 1 << 30 });
      assert.ok(replay.stdout.equals(live), 'the replay says something else');
      assert.equal(run.code, EXIT.incomplete);
    });
  });
}

/** Counts by the name of the kind, without those that are 0. */
function named(counts: readonly number[]): Record<string, number> {
  const entries = Object.entries(KIND).map(
    ([name, kind]) => [name.toLowerCase().replaceAll('_', '-'), counts[kind] ?? 0] as const,
  );
  return Object.fromEntries(entries.filter(([, count]) => count > 0));
}

async function boot(kernel: string, dir: string): Promise<Run> {
  const said = await guestSaid({ kernel, args: [GUEST, dir], timeoutMs: TIMEOUT_MS });
  const line = said.split('\n').find((one) => one.startsWith('{'));
  assert.ok(line, said);
  return JSON.parse(line) as Run;
}
