/** `struct pvd_saddr`: one source address selection. */

import type { EventHeader, SaddrEvent } from '../event.ts';
import { KIND, LAYOUT } from '../layout.gen.ts';
import type { Codec } from './codec.ts';
import { readSock, readStamps, readTask, writeSock, writeStamps, writeTask } from './decision.ts';
import { pvdsBytes, readPvds, writePvds } from './pvds.ts';
import { readAddr6 } from './read.ts';
import { writeAddr6 } from './write.ts';

const S = LAYOUT.pvd_saddr;

export const saddrCodec: Codec<SaddrEvent> = {
  kind: KIND.SADDR,
  lenMinBytes: S.size,
  decode(view: DataView, at: number, len: number, h: EventHeader): SaddrEvent {
    const event: SaddrEvent = {
      kind: 'saddr',
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
      oif: view.getInt32(at + S.oif, true),
      prefs: view.getUint32(at + S.prefs, true),
      error: view.getInt32(at + S.error, true),
      task: readTask(view, at + S.task),
      sock: readSock(view, at + S.sock),
      begin: readStamps(view, at + S.begin),
      end: readStamps(view, at + S.end),
    };
    const pvds = readPvds(view, at, len, S.size);
    if (pvds === undefined) return event;
    const { ids, route } = pvds;
    return {
      ...event,
      ...(ids.length > 0 && { bound: ids }),
      ...(route !== 0 && { routePvd: route }),
    };
  },
  lenBytes: (e) => S.size + pvdsBytes(hasPvds(e)),
  encode(view: DataView, e: SaddrEvent): void {
    if (hasPvds(e)) writePvds(view, S.size, { ids: e.bound ?? [], route: e.routePvd ?? 0 });
    view.setBigUint64(S.decision, e.decision, true);
    view.setBigUint64(S.begin_ns, e.beginNs, true);
    writeAddr6(view, S.daddr, e.daddr);
    writeAddr6(view, S.saddr, e.saddr);
    view.setInt32(S.oif, e.oif, true);
    view.setUint32(S.prefs, e.prefs, true);
    view.setInt32(S.error, e.error, true);
    writeTask(view, S.task, e.task);
    writeSock(view, S.sock, e.sock);
    writeStamps(view, S.begin, e.begin);
    writeStamps(view, S.end, e.end);
  },
};

function hasPvds({ bound, routePvd }: SaddrEvent): boolean {
  return bound !== undefined || routePvd !== undefined;
}
