/** `struct pvd_netpvd`. */

import type { EventHeader, NetpvdEvent } from '../event.ts';
import { KIND, LAYOUT, LENGTH } from '../layout.gen.ts';
import type { Codec } from './codec.ts';
import { readAddr6, readText } from './read.ts';
import { writeAddr6, writeText } from './write.ts';

const S = LAYOUT.pvd_netpvd;
const NAME_BYTES = LENGTH.pvd_netpvd.name;

export const netpvdCodec: Codec<NetpvdEvent> = {
  kind: KIND.NETPVD,
  lenMinBytes: S.size,
  decode(view: DataView, at: number, _len: number, h: EventHeader): NetpvdEvent {
    return {
      ...h,
      kind: 'netpvd',
      id: view.getUint32(at + S.id, true),
      name: readText(view, at + S.name, NAME_BYTES),
      ifindex: view.getInt32(at + S.ifindex, true),
      router: readAddr6(view, at + S.router),
      flags: view.getUint32(at + S.flags, true),
      sequence: view.getUint16(at + S.sequence, true),
      delay: view.getUint8(at + S.delay),
    };
  },
  lenBytes: () => S.size,
  encode(view: DataView, e: NetpvdEvent): void {
    view.setUint32(S.id, e.id, true);
    writeText(view, S.name, NAME_BYTES, e.name);
    view.setInt32(S.ifindex, e.ifindex, true);
    writeAddr6(view, S.router, e.router);
    view.setUint32(S.flags, e.flags, true);
    view.setUint16(S.sequence, e.sequence, true);
    view.setUint8(S.delay, e.delay);
  },
};
