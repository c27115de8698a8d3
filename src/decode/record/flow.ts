/** `struct pvd_flow`: the whole decision of one flow. */

import type { EventHeader, FlowEvent } from '../event.ts';
import { KIND, LAYOUT } from '../layout.gen.ts';
import type { Codec } from './codec.ts';
import { readFlow6, readSock, readTask, writeFlow6, writeSock, writeTask } from './decision.ts';
import { pvdsBytes, readPvds, writePvds } from './pvds.ts';
import { readAddr6 } from './read.ts';
import { writeAddr6 } from './write.ts';

const S = LAYOUT.pvd_flow;

export const flowCodec: Codec<FlowEvent> = {
  kind: KIND.FLOW,
  lenMinBytes: S.size,
  decode(view: DataView, at: number, len: number, h: EventHeader): FlowEvent {
    const event: FlowEvent = {
      kind: 'flow',
      tsNs: h.tsNs,
      netnsCookie: h.netnsCookie,
      cpu: h.cpu,
      seq: h.seq,
      lost: h.lost,
      hook: h.hook,
      op: h.op,
      softirq: h.softirq,
      truncated: h.truncated,
      decision: view.getBigUint64(at + S.decision, true),
      beginNs: view.getBigUint64(at + S.begin_ns, true),
      daddr: readAddr6(view, at + S.daddr),
      saddr: readAddr6(view, at + S.saddr),
      gateway: readAddr6(view, at + S.gateway),
      error: view.getInt32(at + S.error, true),
      oif: view.getInt32(at + S.oif, true),
      mpHash: view.getUint32(at + S.mp_hash, true),
      lookups: view.getUint16(at + S.lookups, true),
      saddrs: view.getUint16(at + S.saddrs, true),
      task: readTask(view, at + S.task),
      sock: readSock(view, at + S.sock),
      query: readFlow6(view, at + S.query),
    };
    const pvds = readPvds(view, at, len, S.size);
    return pvds ? { ...event, bound: pvds.ids } : event;
  },
  lenBytes: ({ bound }) => S.size + pvdsBytes(bound !== undefined),
  encode(view: DataView, e: FlowEvent): void {
    if (e.bound) writePvds(view, S.size, { ids: e.bound, route: 0 });
    view.setBigUint64(S.decision, e.decision, true);
    view.setBigUint64(S.begin_ns, e.beginNs, true);
    writeAddr6(view, S.daddr, e.daddr);
    writeAddr6(view, S.saddr, e.saddr);
    writeAddr6(view, S.gateway, e.gateway);
    view.setInt32(S.error, e.error, true);
    view.setInt32(S.oif, e.oif, true);
    view.setUint32(S.mp_hash, e.mpHash, true);
    view.setUint16(S.lookups, e.lookups, true);
    view.setUint16(S.saddrs, e.saddrs, true);
    writeTask(view, S.task, e.task);
    writeSock(view, S.sock, e.sock);
    writeFlow6(view, S.query, e.query);
  },
};
