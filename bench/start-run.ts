/** Opens and closes the probe some times; the middle one counts. Run in the guest by start.ts. */

import { openProbe, type ProbeTimes } from '../agent/probe/probe.ts';

export interface StartTimes extends ProbeTimes {
  readonly closeMs: number;
  readonly programs: number;
}

const ROUNDS = 3;

export async function measureStart(): Promise<StartTimes> {
  const rounds: StartTimes[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await openAndClose());
  rounds.sort((a, b) => a.totalMs - b.totalMs);
  return rounds[ROUNDS >> 1] as StartTimes;
}

async function openAndClose(): Promise<StartTimes> {
  const probe = await openProbe({
    onRecord: () => {},
    onError(error) {
      throw error;
    },
  });
  const programs = probe.hooks.filter((hook) => hook.attached).length;
  const startMs = performance.now();
  probe.close();
  return { ...probe.times, closeMs: performance.now() - startMs, programs };
}

if (process.argv[2] === 'print') {
  process.stdout.write(JSON.stringify(await measureStart()));
}
