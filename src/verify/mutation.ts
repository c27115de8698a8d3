/**
 * Mutators under way: between their `begin` record and the one that ends them a change may or
 * may not be visible to a lookup on another CPU.
 */

import type { BeginEvent, KernelEvent, StateEvent } from '../decode/event.ts';
import type { Instant } from '../net/instant.ts';

/** Mutators of one netns that have begun and not ended, oldest first. */
export type OpenMutations = BeginEvent[];

/** Begun and not ended: one a CPU and nesting level, so dozens at most. */
const OPEN_MAX = 256;
/** A mutator that has not ended after this: the record of its end was lost, or it has none. */
const OPEN_NS = 2_000_000_000n;
/**
 * Neighbour states have no `begin`: their trace points fire after the change, still under the
 * entry's lock or right after it.
 */
const UNANNOUNCED_NS = 1_000_000n;

/** Notes a mutator's entry. */
export function openMutation(open: OpenMutations, event: BeginEvent): void {
  while (open[0] !== undefined && open[0].tsNs + OPEN_NS < event.tsNs) open.shift();
  if (open.length >= OPEN_MAX) open.shift();
  open.push(event);
}

/** Since when what the event reports may have been visible; takes the mutator it ends off `open`. */
export function endMutation(open: OpenMutations, event: StateEvent): Instant {
  const at = open.findIndex((begin) => isEndOf(begin, event));
  const [begin] = at < 0 ? [] : open.splice(at, 1);
  if (begin !== undefined) return begin.tsNs;
  // Told within another mutator, e.g. what a replacing `fib6_add()` removes.
  const sinceNs = event.tsNs - OPEN_NS;
  const outer = open.find(({ of, tsNs }) => of === event.kind && tsNs >= sinceNs);
  const unannounced = event.tsNs - UNANNOUNCED_NS;
  return outer !== undefined && outer.tsNs < unannounced ? outer.tsNs : unannounced;
}

function isEndOf(begin: BeginEvent, event: StateEvent): boolean {
  if (begin.of !== event.kind) return false;
  const id = idOf(event);
  if (begin.id !== 0n && id !== 0n) {
    // A removed route is told by `fib6_purge_rt()`, within `fib6_del()`.
    return begin.id === id && (begin.hook === event.hook || event.op === 'del');
  }
  return begin.hook === event.hook;
}

function idOf(event: StateEvent): bigint {
  switch (event.kind) {
    case 'route':
      return event.entry.id;
    case 'link':
    case 'addr':
    case 'rule':
      return event.id;
    default:
      return 0n;
  }
}

/** Whether an event may change a replica. */
export function isStateEvent(event: KernelEvent): event is StateEvent {
  switch (event.kind) {
    case 'link':
    case 'devconf':
    case 'addr':
    case 'route':
    case 'rule':
    case 'label':
    case 'neigh':
    case 'nexthop':
    case 'sysctl':
    case 'ra':
    case 'ra-done':
      return true;
    default:
      return false;
  }
}
