/** `struct pvd_lookup`: one route lookup. */

import type { EventHeader, LookupEvent, LookupTry } from '../event.ts';
import { KIND, LAYOUT, LIMIT, LOOKUP_FLAG } from '../layout.gen.ts';
import type { Codec } from './codec.ts';
import {
  readFlow6,
  readSock,
  readStamps,
  readTask,
  writeFlow6,
  writeSock,
  writeStamps,
  writeTask,
} from './decision.ts';
import { readFib6, writeFib6 } from './fib6.ts';
import { pvdsBytes, readPvds, writePvds } from './pvds.ts';
import { readAddr6 } from './read.ts';
import { writeAddr6 } from './write.ts';

const S = LAYOUT.pvd_lookup;
const T = LAYOUT.pvd_try;
const NO_RULES = 0xffffffff;

export const lookupCodec: Codec<LookupEvent> = {
  kind: KIND.LOOKUP,
  lenMinBytes: S.size,
  decode(view: DataView, at: number, len: number, h: EventHeader): LookupEvent {
    const what = view.getUint32(at + S.what, true);
    const event: LookupEvent = {
      kind: 'lookup',
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
      lookupFlags: view.getUint32(at + S.lookup_flags, true),
      triesCount: view.getUint32(at + S.tries_count, true),
      mpHash: view.getUint32(at + S.mp_hash, true),
      error: view.getInt32(at + S.error, true),
      oif: view.getInt32(at + S.oif, true),
      gateway: readAddr6(view, at + S.gateway),
      rtFlags: view.getUint32(at + S.rt_flags, true),
      task: readTask(view, at + S.task),
      sock: readSock(view, at + S.sock),
      query: readFlow6(view, at + S.query),
      begin: readStamps(view, at + S.begin),
      end: readStamps(view, at + S.end),
      tries: readTries(view, at),
      entry: (what & LOOKUP_FLAG.HAS_ENTRY) === 0 ? undefined : readFib6(view, at + S.entry),
      exception: (what & LOOKUP_FLAG.EXCEPTION) !== 0,
      inFlow: (what & LOOKUP_FLAG.IN_FLOW) !== 0,
    };
    const pvds = readPvds(view, at, len, S.size);
    return pvds ? { ...event, bound: pvds.ids } : event;
  },
  lenBytes: ({ bound }) => S.size + pvdsBytes(bound !== undefined),
  encode(view: DataView, e: LookupEvent): void {
    if (e.bound) writePvds(view, S.size, { ids: e.bound, route: 0 });
    view.setBigUint64(S.decision, e.decision, true);
    view.setBigUint64(S.begin_ns, e.beginNs, true);
    view.setUint32(S.lookup_flags, e.lookupFlags, true);
    view.setUint32(S.tries_count, e.triesCount, true);
    view.setUint32(S.mp_hash, e.mpHash, true);
    view.setInt32(S.error, e.error, true);
    view.setInt32(S.oif, e.oif, true);
    writeAddr6(view, S.gateway, e.gateway);
    view.setUint32(S.rt_flags, e.rtFlags, true);
    writeTask(view, S.task, e.task);
    writeSock(view, S.sock, e.sock);
    writeFlow6(view, S.query, e.query);
    writeStamps(view, S.begin, e.begin);
    writeStamps(view, S.end, e.end);
    writeTries(view, e.tries);
    let what = 0;
    if (e.exception) what |= LOOKUP_FLAG.EXCEPTION;
    if (e.inFlow) what |= LOOKUP_FLAG.IN_FLOW;
    if (e.entry) {
      what |= LOOKUP_FLAG.HAS_ENTRY;
      writeFib6(view, S.entry, e.entry);
    }
    view.setUint32(S.what, what, true);
  },
};

function readTries(view: DataView, at: number): LookupTry[] {
  const count = Math.min(view.getUint32(at + S.tries_count, true), LIMIT.TRIES_MAX);
  const tries = new Array<LookupTry>(count);
  for (let i = 0; i < count; i++) {
    const t = at + S.tries + i * T.size;
    const rulePref = view.getUint32(t + T.rule_pref, true);
    tries[i] = {
      table: view.getUint32(t + T.table, true),
      id: view.getBigUint64(t + T.id, true),
      rulePref: rulePref === NO_RULES ? undefined : rulePref,
    };
  }
  return tries;
}

function writeTries(view: DataView, tries: readonly LookupTry[]): void {
  tries.slice(0, LIMIT.TRIES_MAX).forEach((tried, i) => {
    const t = S.tries + i * T.size;
    view.setUint32(t + T.table, tried.table, true);
    view.setBigUint64(t + T.id, tried.id, true);
    view.setUint32(t + T.rule_pref, tried.rulePref ?? NO_RULES, true);
  });
}
