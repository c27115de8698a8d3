/** `struct pvd_begin`. */

import type { BeginEvent, EventHeader } from '../event.ts';
import { KIND, LAYOUT } from '../layout.gen.ts';
import type { Codec } from './codec.ts';
import { kindName, kindNumber } from './header.ts';

const S = LAYOUT.pvd_begin;

export const beginCodec: Codec<BeginEvent> = {
  kind: KIND.BEGIN,
  lenMinBytes: S.size,
  decode(view: DataView, at: number, _len: number, h: EventHeader): BeginEvent {
    return {
      kind: 'begin',
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
      ifindex: view.getInt32(at + S.ifindex, true),
      of: kindName(view.getUint32(at + S.kind, true)),
    };
  },
  lenBytes: () => S.size,
  encode(view: DataView, e: BeginEvent): void {
    view.setBigUint64(S.id, e.id, true);
    view.setInt32(S.ifindex, e.ifindex, true);
    view.setUint32(S.kind, kindNumber(e.of), true);
  },
};
