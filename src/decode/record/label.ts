/** `struct pvd_label`. */

import type { EventHeader, LabelEvent } from '../event.ts';
import { KIND, LAYOUT } from '../layout.gen.ts';
import type { Codec } from './codec.ts';
import { readAddr6 } from './read.ts';
import { writeAddr6 } from './write.ts';

const S = LAYOUT.pvd_label;

export const labelCodec: Codec<LabelEvent> = {
  kind: KIND.LABEL,
  lenMinBytes: S.size,
  decode(view: DataView, at: number, _len: number, h: EventHeader): LabelEvent {
    return {
      kind: 'label',
      tsNs: h.tsNs,
      netnsCookie: h.netnsCookie,
      cpu: h.cpu,
      seq: h.seq,
      lost: h.lost,
      hook: h.hook,
      op: h.op,
      softirq: h.softirq,
      truncated: h.truncated,
      prefix: readAddr6(view, at + S.prefix),
      ifindex: view.getInt32(at + S.ifindex, true),
      label: view.getUint32(at + S.label, true),
      prefixLen: view.getUint8(at + S.prefix_len),
    };
  },
  lenBytes: () => S.size,
  encode(view: DataView, e: LabelEvent): void {
    writeAddr6(view, S.prefix, e.prefix);
    view.setInt32(S.ifindex, e.ifindex, true);
    view.setUint32(S.label, e.label, true);
    view.setUint8(S.prefix_len, e.prefixLen);
  },
};
