/** What to report: switches set before the load, and the sets they refer to. */

import { readlinkSync } from 'node:fs';
import { deleteFromMap, updateMap } from '../libbpf/map.ts';
import type { BpfObject } from '../libbpf/object.ts';

/** An absent list filters nothing; an empty one lets nothing pass until something is added. */
export interface ProbeFilters {
  /** Cookies of the network namespaces to report; holds for every record. */
  readonly netns?: readonly bigint[];
  /** Processes whose decisions to report, as the initial pid namespace numbers them. */
  readonly tgids?: readonly number[];
  /** cgroup v2 ids whose decisions to report. */
  readonly cgroups?: readonly bigint[];
  /** Report the agent's own decisions too. */
  readonly self?: boolean;
}

/** PID_NS_INIT_INO, include/uapi/linux/nsfs.h. */
const PID_NS_INIT = 'pid:[4026531836]';

/** Read-only globals of bpf/config.bpf.c that filter. */
export interface FilterGlobals {
  readonly filter_netns: boolean;
  readonly filter_tgid: boolean;
  readonly filter_cgroup: boolean;
  readonly agent_tgid: number;
}

/** Their values. */
export function filterGlobals(filters: ProbeFilters): FilterGlobals {
  return {
    filter_netns: filters.netns !== undefined,
    filter_tgid: filters.tgids !== undefined,
    filter_cgroup: filters.cgroups !== undefined,
    agent_tgid: filters.self ? 0 : ownTgid(),
  };
}

/** 0 in a container: BPF counts pids as the initial namespace does, where ours is another. */
function ownTgid(): number {
  try {
    return readlinkSync('/proc/self/ns/pid') === PID_NS_INIT ? process.pid : 0;
  } catch {
    return 0;
  }
}

const PRESENT: Uint8Array = Uint8Array.of(1);

/** Fills the sets. @throws AgentError PVD_ERR_SYSCALL when one is full. */
export function fillFilters(object: BpfObject, filters: ProbeFilters): void {
  for (const cookie of filters.netns ?? []) setWatched(object, cookie, true);
  const tgids = object.map('watched_tgids');
  for (const tgid of filters.tgids ?? []) updateMap(tgids, Uint32Array.of(tgid), PRESENT);
  const cgroups = object.map('watched_cgroups');
  for (const cgroup of filters.cgroups ?? []) {
    updateMap(cgroups, BigUint64Array.of(cgroup), PRESENT);
  }
}

/** Adds a netns cookie to those reported, or removes it. */
export function setWatched(object: BpfObject, cookie: bigint, on: boolean): void {
  const map = object.map('watched_netns');
  const key = BigUint64Array.of(cookie);
  if (on) updateMap(map, key, PRESENT);
  else deleteFromMap(map, key);
}
