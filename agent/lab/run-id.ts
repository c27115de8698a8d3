/**
 * Names what one process leaves outside itself (namespaces, directories), so that a later
 * process can tell leftovers of a dead one: pid and start time, which a reused pid does not share.
 */

import { readFileSync } from 'node:fs';

/** E.g. `3ka-1x9f2`: pid and start time (clock ticks since boot, proc(5)), both in base 36. */
export function runId(): string {
  return `${process.pid.toString(36)}-${(startTime('self') ?? 0).toString(36)}`;
}

export function isRunAlive(id: string): boolean {
  const [pid = '', start = ''] = id.split('-');
  const ticks = startTime(String(Number.parseInt(pid, 36)));
  return ticks !== undefined && ticks.toString(36) === start;
}

function startTime(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses, which may hold any character.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[19]);
  } catch {
    return undefined;
  }
}
