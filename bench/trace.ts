/**
 * Long traces: written, replayed, compared; each step is a process of its own, so that memory is
 * that of the step. `PVDSCOPE_BENCH_TRACE_RECORDS` says how many records, a million unless given.
 */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Figure } from './figure.ts';

interface Told {
  readonly cpuSec: number;
  readonly wallSec: number;
  readonly rssMb: number;
  readonly records: number;
  readonly bytes: number;
  readonly decisions: number;
}

const SCRIPT = fileURLToPath(new URL('./trace-run.js', import.meta.url));
const RECORDS = Number(process.env['PVDSCOPE_BENCH_TRACE_RECORDS'] ?? 1_000_000);

async function run(...args: readonly string[]): Promise<Told> {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, ...args]);
  return JSON.parse(stdout) as Told;
}

export async function traceFigures(tell: (figure: Figure) => void): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'pvdscope-bench-'));
  const [one, other, small] = ['one', 'other', 'small'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  const writing = (name: string, { records, cpuSec, bytes, rssMb }: Told) => {
    tell({
      name: `trace.${name}.records`,
      value: Math.round(records / cpuSec),
      unit: '1/s of CPU',
    });
    tell({ name: `trace.${name}.size`, value: bytes / records, unit: 'bytes/record' });
    tell({ name: `trace.${name}.rssMax`, value: rssMb, unit: 'MB' });
  };
  const judging = (name: string, { decisions, cpuSec, wallSec, rssMb }: Told) => {
    tell({ name: `trace.${name}.decisions`, value: decisions, unit: '' });
    tell({ name: `trace.${name}.rate`, value: Math.round(decisions / cpuSec), unit: '1/s of CPU' });
    tell({ name: `trace.${name}.wall`, value: Math.round(decisions / wallSec), unit: '1/s' });
    tell({ name: `trace.${name}.rssMax`, value: rssMb, unit: 'MB' });
  };
  try {
    writing('write', await run('write', one, String(RECORDS)));
    writing('compress', await run('write', other, String(RECORDS), 'compress'));
    await run('write', small, String(RECORDS / 10));
    judging('replay.tenth', await run('replay', small));
    judging('replay', await run('replay', one));
    judging('replay.compressed', await run('replay', other));
    judging('diff', await run('diff', one, other));
  } finally {
    rmSync(dir, { recursive: true });
  }
}
