/** Runs scenarios on another kernel: this same verb in a guest, its events handed on. */

import path from 'node:path';
import { Writable } from 'node:stream';
import { MAIN } from '../paths.ts';
import type { ScenarioEvent } from './scenario-run.ts';
import { type GuestOptions, type GuestResult, runInGuest } from './vm.ts';

/** A line longer than this is not one of ours. */
const LINE_MAX = 1 << 20;

export interface GuestRunOptions extends Omit<GuestOptions, 'command' | 'stdout'> {
  /** More options of the verb. */
  readonly args?: readonly string[];
  readonly onEvent: (event: ScenarioEvent) => void;
}

/** Scenario files have to be where the guest sees them: not in /dev, /proc, /run or /sys. */
export async function runScenariosInGuest(
  files: readonly string[],
  { onEvent, args = [], ...guest }: GuestRunOptions,
): Promise<GuestResult> {
  const paths = files.map((file) => path.resolve(file));
  return runInGuest({
    ...guest,
    command: [process.execPath, MAIN, 'lab', 'run', '--format', 'ndjson', ...args, '--', ...paths],
    stdout: eventLines(onEvent),
  });
}

function eventLines(onEvent: (event: ScenarioEvent) => void): Writable {
  let rest = '';
  return new Writable({
    decodeStrings: true,
    write(chunk: Buffer, _encoding, done) {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = (lines.pop() ?? '').slice(0, LINE_MAX);
      for (const line of lines) {
        const event = parseEvent(line);
        if (event) onEvent(event);
      }
      done();
    },
  });
}

function parseEvent(line: string): ScenarioEvent | undefined {
  try {
    const value = JSON.parse(line) as ScenarioEvent;
    return typeof value === 'object' && value !== null && 'event' in value ? value : undefined;
  } catch {
    return undefined;
  }
}
