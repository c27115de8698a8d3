/** `struct pvd_sysctl`. */

import type { EventHeader, SysctlEvent } from '../event.ts';
import { KIND, LAYOUT, LENGTH } from '../layout.gen.ts';
import type { Codec } from './codec.ts';
import { readName, readText } from './read.ts';
import { writeText } from './write.ts';

const S = LAYOUT.pvd_sysctl;

export const sysctlCodec: Codec<SysctlEvent> = {
  kind: KIND.SYSCTL,
  lenMinBytes: S.size,
  decode(view: DataView, at: number, _len: number, h: EventHeader): SysctlEvent {
    const hasValue = view.getUint32(at + S.has_value, true) !== 0;
    return {
      kind: 'sysctl',
      tsNs: h.tsNs,
      netnsCookie: h.netnsCookie,
      cpu: h.cpu,
      seq: h.seq,
      lost: h.lost,
      hook: h.hook,
      op: h.op,
      softirq: h.softirq,
      truncated: h.truncated,
      dir: readName(view, at + S.dir),
      error: view.getInt32(at + S.error, true),
      name: readText(view, at + S.name, LENGTH.pvd_sysctl.name),
      value: hasValue ? view.getBigInt64(at + S.value, true) : undefined,
    };
  },
  lenBytes: () => S.size,
  encode(view: DataView, e: SysctlEvent): void {
    writeText(view, S.dir, 16, e.dir);
    view.setInt32(S.error, e.error, true);
    writeText(view, S.name, LENGTH.pvd_sysctl.name, e.name);
    if (e.value === undefined) return;
    view.setBigInt64(S.value, e.value, true);
    view.setUint32(S.has_value, 1, true);
  },
};
