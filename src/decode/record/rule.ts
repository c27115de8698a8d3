/** `struct pvd_rule`. */

import type { EventHeader, RuleEvent } from '../event.ts';
import { KIND, LAYOUT } from '../layout.gen.ts';
import type { Codec } from './codec.ts';
import { readAddr6, readName } from './read.ts';
import { writeAddr6, writeText } from './write.ts';

const S = LAYOUT.pvd_rule;

export const ruleCodec: Codec<RuleEvent> = {
  kind: KIND.RULE,
  lenMinBytes: S.size,
  decode(view: DataView, at: number, _len: number, h: EventHeader): RuleEvent {
    return {
      kind: 'rule',
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
      src: readAddr6(view, at + S.src),
      dst: readAddr6(view, at + S.dst),
      iifname: readName(view, at + S.iifname),
      oifname: readName(view, at + S.oifname),
      iif: view.getInt32(at + S.iif, true),
      oif: view.getInt32(at + S.oif, true),
      pref: view.getUint32(at + S.pref, true),
      table: view.getUint32(at + S.table, true),
      mark: view.getUint32(at + S.mark, true),
      markMask: view.getUint32(at + S.mark_mask, true),
      gotoTarget: view.getUint32(at + S.goto_target, true),
      frFlags: view.getUint32(at + S.fr_flags, true),
      suppressPrefixlen: view.getInt32(at + S.suppress_prefixlen, true),
      suppressIfgroup: view.getInt32(at + S.suppress_ifgroup, true),
      sportStart: view.getUint16(at + S.sport_start, true),
      sportEnd: view.getUint16(at + S.sport_end, true),
      dportStart: view.getUint16(at + S.dport_start, true),
      dportEnd: view.getUint16(at + S.dport_end, true),
      srcLen: view.getUint8(at + S.src_len),
      dstLen: view.getUint8(at + S.dst_len),
      action: view.getUint8(at + S.action),
      ipProto: view.getUint8(at + S.ip_proto),
      dscp: view.getUint8(at + S.dscp),
      l3mdev: view.getUint8(at + S.l3mdev) !== 0,
      protocol: view.getUint8(at + S.protocol),
      uidRange:
        view.getUint8(at + S.has_uid_range) === 0
          ? undefined
          : {
              start: view.getUint32(at + S.uid_start, true),
              end: view.getUint32(at + S.uid_end, true),
            },
    };
  },
  lenBytes: () => S.size,
  encode(view: DataView, e: RuleEvent): void {
    view.setBigUint64(S.id, e.id, true);
    writeAddr6(view, S.src, e.src);
    writeAddr6(view, S.dst, e.dst);
    writeText(view, S.iifname, 16, e.iifname);
    writeText(view, S.oifname, 16, e.oifname);
    view.setInt32(S.iif, e.iif, true);
    view.setInt32(S.oif, e.oif, true);
    view.setUint32(S.pref, e.pref, true);
    view.setUint32(S.table, e.table, true);
    view.setUint32(S.mark, e.mark, true);
    view.setUint32(S.mark_mask, e.markMask, true);
    view.setUint32(S.goto_target, e.gotoTarget, true);
    view.setUint32(S.fr_flags, e.frFlags, true);
    view.setInt32(S.suppress_prefixlen, e.suppressPrefixlen, true);
    view.setInt32(S.suppress_ifgroup, e.suppressIfgroup, true);
    view.setUint16(S.sport_start, e.sportStart, true);
    view.setUint16(S.sport_end, e.sportEnd, true);
    view.setUint16(S.dport_start, e.dportStart, true);
    view.setUint16(S.dport_end, e.dportEnd, true);
    view.setUint8(S.src_len, e.srcLen);
    view.setUint8(S.dst_len, e.dstLen);
    view.setUint8(S.action, e.action);
    view.setUint8(S.ip_proto, e.ipProto);
    view.setUint8(S.dscp, e.dscp);
    view.setUint8(S.l3mdev, e.l3mdev ? 1 : 0);
    view.setUint8(S.protocol, e.protocol);
    if (!e.uidRange) return;
    view.setUint8(S.has_uid_range, 1);
    view.setUint32(S.uid_start, e.uidRange.start, true);
    view.setUint32(S.uid_end, e.uidRange.end, true);
  },
};
