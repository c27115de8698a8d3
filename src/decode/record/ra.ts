/** `struct pvd_ra`: a Router Advertisement as received. */

import type { EventHeader, RaEvent } from '../event.ts';
import { KIND, LAYOUT, LENGTH } from '../layout.gen.ts';
import { type Codec, type Malformed, malformed } from './codec.ts';
import { readAddr6, readBytes, readName } from './read.ts';
import { writeAddr6, writeBytes, writeText } from './write.ts';

const S = LAYOUT.pvd_ra;
/** Offsets in the IPv6 header (RFC 8200, section 3). */
const IP6 = { hopLimit: 7, saddr: 8, daddr: 24 } as const;

export const raCodec: Codec<RaEvent> = {
  kind: KIND.RA,
  lenMinBytes: S.size,
  decode(view: DataView, at: number, len: number, h: EventHeader): RaEvent | Malformed {
    const capLen = view.getUint16(at + S.cap_len, true);
    if (S.data + capLen > len) {
      return malformed(`cap_len ${capLen} reaches past a record of ${len} bytes`);
    }
    return {
      kind: 'ra',
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
      ifname: readName(view, at + S.ifname),
      saddr: readAddr6(view, at + S.ip6 + IP6.saddr),
      daddr: readAddr6(view, at + S.ip6 + IP6.daddr),
      hopLimit: view.getUint8(at + S.ip6 + IP6.hopLimit),
      ip6: readBytes(view, at + S.ip6, LENGTH.pvd_ra.ip6),
      msgLenBytes: view.getUint16(at + S.msg_len, true),
      message: readBytes(view, at + S.data, capLen),
    };
  },
  lenBytes: (e) => S.data + e.message.length,
  encode(view: DataView, e: RaEvent): void {
    view.setBigUint64(S.ra_id, e.raId, true);
    view.setInt32(S.ifindex, e.ifindex, true);
    writeText(view, S.ifname, 16, e.ifname);
    view.setUint16(S.msg_len, e.msgLenBytes, true);
    view.setUint16(S.cap_len, e.message.length, true);
    writeBytes(view, S.ip6, e.ip6.subarray(0, LENGTH.pvd_ra.ip6));
    writeAddr6(view, S.ip6 + IP6.saddr, e.saddr);
    writeAddr6(view, S.ip6 + IP6.daddr, e.daddr);
    view.setUint8(S.ip6 + IP6.hopLimit, e.hopLimit);
    writeBytes(view, S.data, e.message);
  },
};
