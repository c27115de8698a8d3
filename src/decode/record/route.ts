/** `struct pvd_route`. */

import type { EventHeader, RouteEvent } from '../event.ts';
import { KIND, LAYOUT } from '../layout.gen.ts';
import type { Codec } from './codec.ts';
import { readFib6, writeFib6 } from './fib6.ts';

const S = LAYOUT.pvd_route;

export const routeCodec: Codec<RouteEvent> = {
  kind: KIND.ROUTE,
  lenMinBytes: S.size,
  decode(view: DataView, at: number, _len: number, h: EventHeader): RouteEvent {
    const event: RouteEvent = {
      kind: 'route',
      tsNs: h.tsNs,
      netnsCookie: h.netnsCookie,
      cpu: h.cpu,
      seq: h.seq,
      lost: h.lost,
      hook: h.hook,
      op: h.op,
      softirq: h.softirq,
      truncated: h.truncated,
      nlmsgFlags: view.getUint32(at + S.nlmsg_flags, true),
      error: view.getInt32(at + S.error, true),
      portid: view.getUint32(at + S.portid, true),
      entry: readFib6(view, at + S.fib6),
    };
    const pvd = view.getUint32(at + S.pvd, true);
    return pvd === 0 ? event : { ...event, pvd };
  },
  lenBytes: () => S.size,
  encode(view: DataView, e: RouteEvent): void {
    view.setUint32(S.nlmsg_flags, e.nlmsgFlags, true);
    view.setInt32(S.error, e.error, true);
    view.setUint32(S.portid, e.portid, true);
    view.setUint32(S.pvd, e.pvd ?? 0, true);
    writeFib6(view, S.fib6, e.entry);
  },
};
