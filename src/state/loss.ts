/**
 * Lost records: which replicas can no longer be trusted, and since when.
 *
 * A record tells how many its CPU lost before it, but not of what kind or netns: every
 * replica is doubted. The counters tell kinds: when no record of state was lost, the doubts
 * go; else they stay until a dump that started later heals them.
 */

import type { KernelEvent, LostEvent } from '../decode/event.ts';
import type { Instant } from '../net/instant.ts';
import type { World } from './world.ts';

/** Losing these loses no state. */
const STATELESS: ReadonlySet<string> = new Set(['lookup', 'saddr', 'flow', 'begin']);

/** Notices a gap before a record of BPF; dumps and the agent's own records count nothing. */
export function noteGap(world: World, event: KernelEvent): void {
  const { cpu, lost } = event;
  const known = world.lostByCpu.get(cpu) ?? 0;
  if (lost === known || event.op === 'dump' || isAgents(event)) return;
  world.lostByCpu.set(cpu, lost);
  doubt(world, event.tsNs, false);
}

/** The counters of BPF were read. */
export function noteCounters(world: World, event: LostEvent): void {
  let lostState = 0;
  for (const [kind, count] of Object.entries(event.byKind)) {
    if (!STATELESS.has(kind)) lostState += count;
  }
  lostState += event.skipped?.state ?? 0;
  const isMore = lostState !== world.lostState;
  world.lostState = lostState;
  if (isMore) {
    doubt(world, event.tsNs, true);
    return;
  }
  for (const ns of world.netns.values()) if (!ns.own.lossIsSure) ns.lostNs = undefined;
}

function doubt(world: World, tsNs: Instant, isSure: boolean): void {
  for (const ns of world.netns.values()) {
    ns.lostNs = tsNs;
    ns.own.lossIsSure ||= isSure;
  }
}

function isAgents({ kind }: KernelEvent): boolean {
  return (
    kind === 'agent-start' ||
    kind === 'agent-netns' ||
    kind === 'dump-begin' ||
    kind === 'dump-end' ||
    kind === 'tick' ||
    kind === 'lost' ||
    kind === 'unknown'
  );
}
