/** Records that are used again and again, at new times. */

import { KIND, LAYOUT } from '../src/decode/layout.gen.ts';

/** How long a decision takes. */
const TAKES_NS = 400n;

const DECISION_KINDS: ReadonlySet<number> = new Set([KIND.LOOKUP, KIND.SADDR, KIND.FLOW]);

/** `begin_ns` is at the same place in all records of decisions. */
export function setTime(view: DataView, tsNs: bigint): void {
  view.setBigUint64(LAYOUT.pvd_hdr.ts_ns, tsNs, true);
  if (!DECISION_KINDS.has(view.getUint16(LAYOUT.pvd_hdr.kind, true))) return;
  view.setBigUint64(LAYOUT.pvd_lookup.begin_ns, tsNs - TAKES_NS, true);
}
