/** RAs as envelopes carry them, joined with what the kernel made of them. */

import type { RaDoneEvent, RaEvent } from './decode/event.ts';
import { decodeRa } from './decode/nd/ra.ts';
import { raPvds, raPvdUnaware } from './decode/nd/ra-pvds.ts';
import type { Instant } from './net/instant.ts';
import { toJson } from './net/json.ts';
import type { RaData } from './publish/envelope.ts';
import { isAccepted } from './state/ra-intake.ts';
import type { RaJudgement } from './verify/ra-effect.ts';

/** RAs whose outcome is awaited, by `raId`, oldest first. */
export type RaJoin = Map<bigint, RaEvent>;

/** RAs under way: one for each CPU. */
export const RA_JOIN_MAX = 64;
/** Processing an RA takes microseconds: after this the record of its outcome was lost. */
const OVERDUE_NS = 1_000_000_000n;
const NONE: readonly RaEvent[] = [];

/** Adds an RA; returns the one that had to make room for it, if any. */
export function awaitRa(join: RaJoin, event: RaEvent): RaEvent[] {
  const [oldest] = join.size >= RA_JOIN_MAX ? join.values() : [];
  if (oldest) join.delete(oldest.raId);
  join.set(event.raId, event);
  return oldest ? [oldest] : [];
}

/** RAs whose outcome is overdue at `nowNs`. */
export function overdueRas(join: RaJoin, nowNs: Instant): readonly RaEvent[] {
  if (join.size === 0) return NONE;
  const out: RaEvent[] = [];
  for (const [raId, event] of join) {
    if (event.tsNs + OVERDUE_NS > nowNs) break;
    join.delete(raId);
    out.push(event);
  }
  return out;
}

export function presentRa(
  event: RaEvent,
  done: RaDoneEvent | undefined,
  judged?: RaJudgement,
): RaData {
  const { saddr, daddr, hopLimit, msgLenBytes, ifindex } = event;
  // icmpv6_rcv() verified the checksum; on a virtual link it may still be a partial one here.
  const decoded = decodeRa(event.message, {
    saddr,
    daddr,
    hopLimit,
    msgLenBytes,
    verifyChecksum: false,
  });
  // Where the kernel keeps an RA that the RFCs discard, state goes by what the kernel sees.
  const [described = raPvdUnaware(decoded, event)] = raPvds(decoded, event);
  return {
    raId: event.raId.toString(),
    ifindex,
    ifname: event.ifname,
    router: saddr,
    daddr,
    hopLimit,
    lenBytes: msgLenBytes,
    header: decoded.header,
    options: toJson(decoded.options),
    problems: decoded.problems.map(({ code, offset, outcome, message }) => ({
      code,
      offset,
      outcome,
      message,
    })),
    pvds: described === undefined ? [] : [described.id],
    done: done === undefined ? null : presentDone(done),
    verdict: judged?.verdict ?? null,
    differences: judged?.differences ?? [],
  };
}

function presentDone(done: RaDoneEvent): NonNullable<RaData['done']> {
  const { reachedDiscovery, processed, dropReason, acceptRa, forwarding } = done;
  return {
    accepted: isAccepted(done),
    reachedDiscovery,
    processed,
    dropReason: dropReason ?? null,
    acceptRa,
    forwarding,
  };
}
