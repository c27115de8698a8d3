/**
 * From `openProbe()` to everything attached: on this kernel where it can be traced, else in
 * a guest, whose emulated CPU is some twenty times slower.
 */

import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { findKernel } from '../agent/lab/kernel.ts';
import { runInGuest } from '../agent/lab/vm.ts';
import { canTrace } from '../agent/probe/environment.ts';
import type { ProbeTimes } from '../agent/probe/probe.ts';
import type { Figure } from './figure.ts';
import { measureStart, type StartTimes } from './start-run.ts';

const KERNELS = ['debian:6.1', 'debian:6.12', 'debian:7.2'];

export async function startFigures(tell: (figure: Figure) => void): Promise<void> {
  if (canTrace().ok) {
    for (const figure of figures('here', await measureStart())) tell(figure);
    return;
  }
  for (const name of KERNELS) {
    for (const figure of figures(`guest.${name}`, await inGuest(name))) tell(figure);
  }
}

function figures(where: string, times: StartTimes): Figure[] {
  const parts: (keyof ProbeTimes)[] = ['loadMs', 'attachMs', 'totalMs'];
  return [
    ...parts.map((part) => ({
      name: `start.${where}.${part.slice(0, -2)}`,
      value: times[part],
      unit: 'ms',
    })),
    { name: `start.${where}.close`, value: times.closeMs, unit: 'ms' },
    { name: `start.${where}.programs`, value: times.programs, unit: 'attached' },
  ];
}

async function inGuest(name: string): Promise<StartTimes> {
  let text = '';
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const script = fileURLToPath(new URL('./start-run.js', import.meta.url));
  const command = [process.execPath, script, 'print'];
  const { exitCode } = await runInGuest({ kernel: await findKernel(name), command, stdout });
  if (exitCode !== 0) throw new Error(`the guest ended with ${exitCode}: ${text}`);
  return JSON.parse(text) as StartTimes;
}
