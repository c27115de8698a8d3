/** What a decision reads of neighbour entries, by slot of (device, address). */

import { type Addr6, ANY6 } from '../net/addr6.ts';
import { type Neighbour, neighbourKey } from '../state/snapshot.ts';

export interface Neighbours {
  /** Neighbour key → slot; slot 0 is "no gateway". */
  readonly neighSlots: Map<string, number>;
  /** `NUD_*` by slot; 0x100 marks "no entry". */
  nud: Uint16Array;
  /** The address of each slot. */
  readonly gateways: Addr6[];
}

/** Value of {@link Neighbours.nud} for a gateway without neighbour entry. */
export const NO_NEIGH = 0x100;

export function createNeighbours(): Neighbours {
  return {
    neighSlots: new Map(),
    nud: new Uint16Array(16).fill(NO_NEIGH),
    gateways: [ANY6],
  };
}

/** The slot of a neighbour, made when missing; 0 for `::`. */
export function neighSlot(state: Neighbours, ifindex: number, addr: Addr6): number {
  if (addr === ANY6) return 0;
  const key = neighbourKey(ifindex, addr);
  const known = state.neighSlots.get(key);
  if (known !== undefined) return known;
  const slot = state.gateways.push(addr) - 1;
  if (slot >= state.nud.length) {
    const grown = new Uint16Array(2 * state.nud.length).fill(NO_NEIGH);
    grown.set(state.nud);
    state.nud = grown;
  }
  state.neighSlots.set(key, slot);
  return slot;
}

/** Takes over the state of one neighbour entry; `gone` removes it. */
export function updateNeighbour(state: Neighbours, neighbour: Neighbour, gone = false): void {
  const slot = neighSlot(state, neighbour.ifindex, neighbour.addr);
  state.nud[slot] = gone ? NO_NEIGH : neighbour.nudState & 0xff;
}

/** `NUD_*` of a neighbour, or {@link NO_NEIGH}. */
export function nudOf(state: Neighbours, ifindex: number, addr: Addr6): number {
  const slot = state.neighSlots.get(neighbourKey(ifindex, addr));
  return slot === undefined ? NO_NEIGH : (state.nud[slot] ?? NO_NEIGH);
}
