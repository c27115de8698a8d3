/** `struct pvd_link`. */

import type { EventHeader, LinkEvent } from '../event.ts';
import { KIND, LAYOUT, LENGTH } from '../layout.gen.ts';
import type { Codec } from './codec.ts';
import { readLladdr, readName } from './read.ts';
import { writeLladdr, writeText } from './write.ts';

const S = LAYOUT.pvd_link;

export const linkCodec: Codec<LinkEvent> = {
  kind: KIND.LINK,
  lenMinBytes: S.size,
  decode(view: DataView, at: number, _len: number, h: EventHeader): LinkEvent {
    const lladdrLen = Math.min(view.getUint8(at + S.lladdr_len), LENGTH.pvd_link.lladdr);
    return {
      kind: 'link',
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
      name: readName(view, at + S.name),
      ifindex: view.getInt32(at + S.ifindex, true),
      master: view.getInt32(at + S.master, true),
      flags: view.getUint32(at + S.flags, true),
      mtu: view.getUint32(at + S.mtu, true),
      mtu6: view.getUint32(at + S.mtu6, true),
      type: view.getUint16(at + S.type, true),
      operstate: view.getUint8(at + S.operstate),
      event: view.getUint32(at + S.event, true),
      carrier: view.getUint8(at + S.carrier) !== 0,
      isL3Master: view.getUint8(at + S.is_l3_master) !== 0,
      group: view.getUint32(at + S.group, true),
      l3mdevTable: view.getUint32(at + S.l3mdev_table, true),
      lladdr: readLladdr(view, at + S.lladdr, lladdrLen),
    };
  },
  lenBytes: () => S.size,
  encode(view: DataView, e: LinkEvent): void {
    view.setBigUint64(S.id, e.id, true);
    writeText(view, S.name, 16, e.name);
    view.setInt32(S.ifindex, e.ifindex, true);
    view.setInt32(S.master, e.master, true);
    view.setUint32(S.flags, e.flags, true);
    view.setUint32(S.mtu, e.mtu, true);
    view.setUint32(S.mtu6, e.mtu6, true);
    view.setUint16(S.type, e.type, true);
    view.setUint8(S.operstate, e.operstate);
    view.setUint32(S.event, e.event, true);
    view.setUint8(S.carrier, e.carrier ? 1 : 0);
    view.setUint8(S.is_l3_master, e.isL3Master ? 1 : 0);
    view.setUint32(S.group, e.group, true);
    view.setUint32(S.l3mdev_table, e.l3mdevTable, true);
    const lladdrLen = writeLladdr(view, S.lladdr, LENGTH.pvd_link.lladdr, e.lladdr);
    view.setUint8(S.lladdr_len, lladdrLen);
  },
};
