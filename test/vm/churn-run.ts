/** One boot of a kernel under churn: what the agent said live, and what its trace says here. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findKernel } from '../../agent/lab/kernel.ts';
import { runInGuest } from '../../agent/lab/vm.ts';
import { MAIN } from '../../agent/paths.ts';

const GUEST = fileURLToPath(new URL('./churn-guest.js', import.meta.url));
/** Emulated, on a busy machine. */
const TIMEOUT_MS = 900_000;

export interface Churn {
  readonly seconds: number;
  readonly seed: number;
  readonly changesPerSecond: number;
  readonly talkers: number;
}

interface Told {
  readonly decisions: number;
  readonly lost: number;
  readonly verdicts: {
    readonly agree: number;
    readonly diverge: number;
    readonly undecided: Readonly<Record<string, number>>;
  };
}

export function checkChurn(kernelName: string, churn: Churn): void {
  test(`${kernelName}: churn of ${churn.seconds} s, seed ${churn.seed}`, {
    timeout: TIMEOUT_MS + 60_000,
  }, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'pvdscope-churn-'));
    t.after(() => rmSync(dir, { recursive: true, force: true }));
    await runChurn(kernelName, churn, dir);
    const args = [MAIN, 'replay', '--format', 'ndjson', join(dir, 'churn.pcapng')];
    const replay = spawnSync(process.execPath, args, { maxBuffer: 1 << 30 });
    const live = readFileSync(join(dir, 'live.ndjson'));
    assert.ok(replay.stdout.equals(live), 'the replay says something else');
    const { decisions, lost, verdicts } = lastStats(live.toString());
    t.diagnostic(JSON.stringify({ decisions, lost, verdicts }));
    assert.equal(lost, 0);
    assert.equal(verdicts.diverge, 0, divergences(live.toString()));
    const undecided = Object.values(verdicts.undecided).reduce((sum, n) => sum + n, 0);
    assert.ok(undecided * 1000 <= decisions, JSON.stringify(verdicts));
    assert.ok(verdicts.agree >= 10 * churn.seconds, JSON.stringify(verdicts));
  });
}

async function runChurn(kernelName: string, churn: Churn, dir: string): Promise<void> {
  let said = '';
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      said += chunk.toString();
      done();
    },
  });
  const { seconds, seed, changesPerSecond, talkers } = churn;
  const numbers = [seconds, seed, changesPerSecond, talkers].map(String);
  const { complaints } = await runInGuest({
    kernel: await findKernel(kernelName),
    command: [process.execPath, GUEST, dir, ...numbers],
    rw: [dir],
    memMiB: 1536,
    timeoutMs: TIMEOUT_MS,
    stdout,
    stderr: stdout,
  });
  assert.deepEqual(complaints, [], 'the kernel complained');
  assert.match(said, /changes [1-9]\d\d/, said);
  assert.equal(said.match(/talked [1-9]/g)?.length, talkers, said);
}

function lastStats(ndjson: string): Told {
  const line = ndjson
    .trim()
    .split('\n')
    .findLast((one) => one.includes('"kind":"stats"'));
  assert.ok(line, 'no totals');
  return (JSON.parse(line) as { data: Told }).data;
}

/** The first few, for whoever reads the failure. */
function divergences(ndjson: string): string {
  const lines = ndjson.split('\n').filter((line) => line.includes('"verdict":"diverge"'));
  return lines.slice(0, 3).join('\n');
}
