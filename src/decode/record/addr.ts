/** `struct pvd_addr`. */

import type { AddrEvent, EventHeader } from '../event.ts';
import { KIND, LAYOUT } from '../layout.gen.ts';
import type { Codec } from './codec.ts';
import { pvdsBytes, readPvds, writePvds } from './pvds.ts';
import { readAddr6 } from './read.ts';
import { writeAddr6 } from './write.ts';

const S = LAYOUT.pvd_addr;

export const addrCodec: Codec<AddrEvent> = {
  kind: KIND.ADDR,
  lenMinBytes: S.size,
  decode(view: DataView, at: number, len: number, h: EventHeader): AddrEvent {
    const event: AddrEvent = {
      kind: 'addr',
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
      cstampNs: view.getBigUint64(at + S.cstamp_ns, true),
      tstampNs: view.getBigUint64(at + S.tstamp_ns, true),
      rtId: view.getBigUint64(at + S.rt_id, true),
      addr: readAddr6(view, at + S.addr),
      peer: readAddr6(view, at + S.peer),
      ifindex: view.getInt32(at + S.ifindex, true),
      flags: view.getUint32(at + S.flags, true),
      validLftSec: view.getUint32(at + S.valid_lft_sec, true),
      preferredLftSec: view.getUint32(at + S.preferred_lft_sec, true),
      rtPriority: view.getUint32(at + S.rt_priority, true),
      scope: view.getUint16(at + S.scope, true),
      prefixLen: view.getUint8(at + S.prefix_len),
      proto: view.getUint8(at + S.proto),
      state: view.getInt32(at + S.state, true),
      event: view.getUint32(at + S.event, true),
    };
    const pvds = readPvds(view, at, len, S.size);
    return pvds ? { ...event, pvds: pvds.ids } : event;
  },
  lenBytes: ({ pvds }) => S.size + pvdsBytes(pvds !== undefined),
  encode(view: DataView, e: AddrEvent): void {
    view.setBigUint64(S.id, e.id, true);
    view.setBigUint64(S.cstamp_ns, e.cstampNs, true);
    view.setBigUint64(S.tstamp_ns, e.tstampNs, true);
    view.setBigUint64(S.rt_id, e.rtId, true);
    writeAddr6(view, S.addr, e.addr);
    writeAddr6(view, S.peer, e.peer);
    view.setInt32(S.ifindex, e.ifindex, true);
    view.setUint32(S.flags, e.flags, true);
    view.setUint32(S.valid_lft_sec, e.validLftSec, true);
    view.setUint32(S.preferred_lft_sec, e.preferredLftSec, true);
    view.setUint32(S.rt_priority, e.rtPriority, true);
    view.setUint16(S.scope, e.scope, true);
    view.setUint8(S.prefix_len, e.prefixLen);
    view.setUint8(S.proto, e.proto);
    view.setInt32(S.state, e.state, true);
    view.setUint32(S.event, e.event, true);
    if (e.pvds) writePvds(view, S.size, { ids: e.pvds, route: 0 });
  },
};
