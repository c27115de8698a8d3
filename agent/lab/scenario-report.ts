/** What runs of scenarios gave, as TAP 13 with one subtest per scenario, or as NDJSON. */

import { escapeJson, escapeTap, escapeTerminal } from '../../src/publish/escape.ts';
import type { ScenarioEvent } from './scenario-run.ts';

export interface Report {
  push(event: ScenarioEvent): void;
  /** A scenario that gave no events at all, or not its end. */
  broken(name: string, why: string): void;
  end(): void;
}

export function createTapReport(write: (text: string) => void): Report {
  let count = 0;
  let failed = 0;
  let title = '';
  let actions = 0;
  write('TAP version 13\n');
  const finish = (ok: boolean, notes: readonly string[]) => {
    if (title === '') return;
    write(`    1..${actions}\n`);
    write(`${ok ? 'ok' : 'not ok'} ${++count} - ${escapeTap(title)}\n`);
    for (const note of notes) write(`# ${escapeTerminal(note)}\n`);
    if (!ok) failed++;
    title = '';
  };
  const begin = (name: string) => {
    title = name;
    actions = 0;
    write(`# Subtest: ${escapeTap(title)}\n`);
  };
  return {
    push(event) {
      if (event.event === 'begin') begin(`${event.scenario} [${event.kernel}]`);
      else if (event.event === 'action') {
        const { ok, name, message, durationMs } = event;
        write(`    ${ok ? 'ok' : 'not ok'} ${++actions} - ${escapeTap(name)} (${durationMs} ms)\n`);
        for (const note of message?.split('\n') ?? []) write(`    # ${escapeTerminal(note)}\n`);
      } else {
        const { error } = event;
        const notes = error ? [`${error.message} [${error.code}]`, error.hint] : [];
        finish(
          event.ok,
          notes.filter((n) => n !== undefined),
        );
      }
    },
    broken(name, why) {
      if (title === '') begin(name);
      finish(false, [why]);
    },
    end() {
      write(
        `1..${count}\n# Totals: pass:${count - failed} fail:${failed} xfail:0 xpass:0 skip:0 error:0\n`,
      );
    },
  };
}

export function createNdjsonReport(write: (text: string) => void): Report {
  return {
    push: (event) => write(`${escapeJson(JSON.stringify(event))}\n`),
    broken: (name, message) => {
      const error = { code: 'PVD_ERR_GUEST', message: `${name}: ${message}` };
      write(`${escapeJson(JSON.stringify({ event: 'end', ok: false, error }))}\n`);
    },
    end: () => {},
  };
}
