/** `struct pvd_nexthop`. */

import type { EventHeader, NexthopEvent } from '../event.ts';
import { KIND, LAYOUT, LIMIT } from '../layout.gen.ts';
import type { Codec } from './codec.ts';
import { readAddr6 } from './read.ts';
import { writeAddr6 } from './write.ts';

const S = LAYOUT.pvd_nexthop;
const M = LAYOUT.pvd_nexthop_member;

export const nexthopCodec: Codec<NexthopEvent> = {
  kind: KIND.NEXTHOP,
  lenMinBytes: S.size,
  decode(view: DataView, at: number, _len: number, h: EventHeader): NexthopEvent {
    const count = Math.min(view.getUint32(at + S.members_count, true), LIMIT.NH_MEMBERS_MAX);
    const members = Array.from({ length: count }, (_, i) => {
      const m = at + S.members + i * M.size;
      return { id: view.getUint32(m + M.id, true), weight: view.getUint32(m + M.weight, true) };
    });
    return {
      kind: 'nexthop',
      tsNs: h.tsNs,
      netnsCookie: h.netnsCookie,
      cpu: h.cpu,
      seq: h.seq,
      lost: h.lost,
      hook: h.hook,
      op: h.op,
      softirq: h.softirq,
      truncated: h.truncated,
      gateway: readAddr6(view, at + S.gateway),
      id: view.getUint32(at + S.id, true),
      oif: view.getInt32(at + S.oif, true),
      nhFlags: view.getUint32(at + S.nh_flags, true),
      gatewayFamily: view.getUint16(at + S.gateway_family, true),
      isGroup: view.getUint8(at + S.is_group) !== 0,
      isBlackhole: view.getUint8(at + S.is_blackhole) !== 0,
      isFdb: view.getUint8(at + S.is_fdb) !== 0,
      isResilient: view.getUint8(at + S.is_resilient) !== 0,
      protocol: view.getUint8(at + S.protocol),
      members,
    };
  },
  lenBytes: () => S.size,
  encode(view: DataView, e: NexthopEvent): void {
    writeAddr6(view, S.gateway, e.gateway);
    view.setUint32(S.id, e.id, true);
    view.setInt32(S.oif, e.oif, true);
    view.setUint32(S.nh_flags, e.nhFlags, true);
    view.setUint16(S.gateway_family, e.gatewayFamily, true);
    view.setUint8(S.is_group, e.isGroup ? 1 : 0);
    view.setUint8(S.is_blackhole, e.isBlackhole ? 1 : 0);
    view.setUint8(S.is_fdb, e.isFdb ? 1 : 0);
    view.setUint8(S.is_resilient, e.isResilient ? 1 : 0);
    view.setUint8(S.protocol, e.protocol);
    const members = e.members.slice(0, LIMIT.NH_MEMBERS_MAX);
    view.setUint32(S.members_count, members.length, true);
    members.forEach(({ id, weight }, i) => {
      const m = S.members + i * M.size;
      view.setUint32(m + M.id, id, true);
      view.setUint32(m + M.weight, weight, true);
    });
  },
};
