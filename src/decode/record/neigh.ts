/** `struct pvd_neigh`. */

import type { EventHeader, NeighEvent } from '../event.ts';
import { KIND, LAYOUT, LENGTH } from '../layout.gen.ts';
import type { Codec } from './codec.ts';
import { readAddr6, readLladdr } from './read.ts';
import { writeAddr6, writeLladdr } from './write.ts';

const S = LAYOUT.pvd_neigh;

export const neighCodec: Codec<NeighEvent> = {
  kind: KIND.NEIGH,
  lenMinBytes: S.size,
  decode(view: DataView, at: number, _len: number, h: EventHeader): NeighEvent {
    const lladdrLen = Math.min(view.getUint8(at + S.lladdr_len), LENGTH.pvd_neigh.lladdr);
    return {
      kind: 'neigh',
      tsNs: h.tsNs,
      netnsCookie: h.netnsCookie,
      cpu: h.cpu,
      seq: h.seq,
      lost: h.lost,
      hook: h.hook,
      op: h.op,
      softirq: h.softirq,
      truncated: h.truncated,
      id: view.getBigUint64(at + S.id, true),
      addr: readAddr6(view, at + S.addr),
      ifindex: view.getInt32(at + S.ifindex, true),
      ntfFlags: view.getUint32(at + S.ntf_flags, true),
      nudState: view.getUint8(at + S.nud_state),
      type: view.getUint8(at + S.type),
      lladdr: readLladdr(view, at + S.lladdr, lladdrLen),
    };
  },
  lenBytes: () => S.size,
  encode(view: DataView, e: NeighEvent): void {
    view.setBigUint64(S.id, e.id, true);
    writeAddr6(view, S.addr, e.addr);
    view.setInt32(S.ifindex, e.ifindex, true);
    view.setUint32(S.ntf_flags, e.ntfFlags, true);
    view.setUint8(S.nud_state, e.nudState);
    view.setUint8(S.type, e.type);
    const lladdrLen = writeLladdr(view, S.lladdr, LENGTH.pvd_neigh.lladdr, e.lladdr);
    view.setUint8(S.lladdr_len, lladdrLen);
  },
};
