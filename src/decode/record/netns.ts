/** `struct pvd_netns`. */

import type { EventHeader, NetnsEvent } from '../event.ts';
import { KIND, LAYOUT } from '../layout.gen.ts';
import type { Codec } from './codec.ts';

const S = LAYOUT.pvd_netns;

export const netnsCodec: Codec<NetnsEvent> = {
  kind: KIND.NETNS,
  lenMinBytes: S.size,
  decode(view: DataView, at: number, _len: number, h: EventHeader): NetnsEvent {
    return {
      kind: 'netns',
      tsNs: h.tsNs,
      netnsCookie: h.netnsCookie,
      cpu: h.cpu,
      seq: h.seq,
      lost: h.lost,
      hook: h.hook,
      op: h.op,
      softirq: h.softirq,
      truncated: h.truncated,
      inum: view.getUint32(at + S.inum, true),
    };
  },
  lenBytes: () => S.size,
  encode(view: DataView, e: NetnsEvent): void {
    view.setUint32(S.inum, e.inum, true);
  },
};
