/**
 * What was lost and what ran: the counters BPF keeps by CPU (`struct pvd_counters`), summed and
 * named, and the runs that the kernel kept from our programs.
 */

import type { SkippedRuns } from '../../src/decode/event.ts';
import { HOOK, KIND, LAYOUT, LIMIT } from '../../src/decode/layout.gen.ts';
import { MappedCounters } from '../libbpf/counters.ts';
import type { BpfMapInfo } from '../libbpf/object.ts';
import { recursionMisses } from '../libbpf/program-info.ts';
import type { Attached } from './attach.ts';
import { DECISION_TARGETS, HOOKS } from './hooks.ts';

const COUNTERS = LAYOUT.pvd_counters;

export class ProbeCounters {
  readonly #mapped: MappedCounters;
  readonly #cpus: number;

  /** @param map `counters`, loaded. */
  constructor(map: BpfMapInfo) {
    if (map.valueBytes !== COUNTERS.size) {
      throw new Error(`map counters holds ${map.valueBytes} bytes, not ${COUNTERS.size}`);
    }
    this.#mapped = new MappedCounters(map);
    this.#cpus = map.maxEntries;
  }

  /** Records lost, by kind as events name it (`ra-done`); kinds without loss are left out. */
  lossByKind(): Record<string, number> {
    return this.#named(KIND, COUNTERS.lost_by_kind, LIMIT.KIND_BPF_MAX, '-');
  }

  /** Decisions left out because the ring filled, by the kind of their outermost record. */
  leftOutByKind(): Record<string, number> {
    return this.#named(KIND, COUNTERS.left_out_by_kind, LIMIT.KIND_BPF_MAX, '-');
  }

  /** How often each hook ran, by its kernel function; those that never ran are left out. */
  hookHits(): Record<string, number> {
    return this.#named(HOOK, COUNTERS.hits_by_hook, LIMIT.HOOKS_MAX, '_');
  }

  /** Exits of a decision or RA whose entry was not seen: those begun before the attach. */
  unpaired(): number {
    return this.#sum(COUNTERS.unpaired);
  }

  close(): void {
    this.#mapped.close();
  }

  #sum(offset: number): number {
    let sum = 0n;
    for (let cpu = 0; cpu < this.#cpus; cpu++) {
      sum += this.#mapped.at((cpu * COUNTERS.size + offset) >>> 3);
    }
    return Number(sum);
  }

  #named(
    values: Readonly<Record<string, number>>,
    offset: number,
    max: number,
    separator: string,
  ): Record<string, number> {
    const named: Record<string, number> = {};
    for (const [name, value] of Object.entries(values)) {
      if (value >= max) continue;
      const sum = this.#sum(offset + 8 * value);
      if (sum > 0) named[name.toLowerCase().replaceAll('_', separator)] = sum;
    }
    return named;
  }
}

/** Runs that the kernel kept from attached programs, of decisions and of the rest. */
export function skippedRuns({ object, links }: Attached): SkippedRuns {
  const skipped = { decision: 0, state: 0 };
  for (const { program, target } of HOOKS) {
    if (!links.has(program)) continue;
    const of = DECISION_TARGETS.has(target) ? 'decision' : 'state';
    skipped[of] += recursionMisses(object.programFd(program));
  }
  return skipped;
}
