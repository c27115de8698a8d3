/** `struct pvd_ra_done`: what the kernel made of an RA. */

import type { EventHeader, RaDoneEvent } from '../event.ts';
import { KIND, LAYOUT, RA_FLAG } from '../layout.gen.ts';
import type { Codec } from './codec.ts';

const S = LAYOUT.pvd_ra_done;
const PROCESSED = RA_FLAG.DEFRTR | RA_FLAG.PINFO | RA_FLAG.RINFO;

export const raDoneCodec: Codec<RaDoneEvent> = {
  kind: KIND.RA_DONE,
  lenMinBytes: S.size,
  decode(view: DataView, at: number, _len: number, h: EventHeader): RaDoneEvent {
    const reached = view.getUint32(at + S.reached, true);
    return {
      kind: 'ra-done',
      tsNs: h.tsNs,
      netnsCookie: h.netnsCookie,
      cpu: h.cpu,
      seq: h.seq,
      lost: h.lost,
      hook: h.hook,
      op: h.op,
      softirq: h.softirq,
      truncated: h.truncated,
      raId: view.getBigUint64(at + S.ra_id, true),
      ifindex: view.getInt32(at + S.ifindex, true),
      acceptRa: view.getInt32(at + S.accept_ra, true),
      forwarding: view.getInt32(at + S.forwarding, true),
      reachedDiscovery: (reached & RA_FLAG.REACHED) !== 0,
      processed: (reached & PROCESSED) !== 0,
      dropReason:
        (reached & RA_FLAG.HAS_REASON) === 0 ? undefined : view.getUint32(at + S.drop_reason, true),
    };
  },
  lenBytes: () => S.size,
  encode(view: DataView, e: RaDoneEvent): void {
    view.setBigUint64(S.ra_id, e.raId, true);
    view.setInt32(S.ifindex, e.ifindex, true);
    view.setInt32(S.accept_ra, e.acceptRa, true);
    view.setInt32(S.forwarding, e.forwarding, true);
    let reached = 0;
    if (e.reachedDiscovery) reached |= RA_FLAG.REACHED;
    if (e.processed) reached |= RA_FLAG.DEFRTR;
    if (e.dropReason !== undefined) {
      reached |= RA_FLAG.HAS_REASON;
      view.setUint32(S.drop_reason, e.dropReason, true);
    }
    view.setUint32(S.reached, reached, true);
  },
};
