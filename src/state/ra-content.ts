/**
 * RaContent: one RA as a PvD-aware host reads it (RFC 8801, section 3.4).
 *
 * All of an RA belongs to one PvD: the explicit one of its first PvD option, or the implicit
 * one of its interface and source. A header inside the PvD option takes precedence. What
 * stands inside the option (`nested`) has no effect on a kernel that does not know PvD.
 */

import type { RaEvent } from '../decode/event.ts';
import { decodeRa } from '../decode/nd/ra.ts';
import type { RaHeader } from '../decode/nd/ra-header.ts';
import { type RaPvd, type RaPvdOption, raPvds, raPvdUnaware } from '../decode/nd/ra-pvds.ts';
import type { PvdId } from '../net/pvd-id.ts';
import type { RaRef } from './snapshot.ts';

/** What the RA says of its PvD itself. */
export interface PvdIdentity {
  readonly id: PvdId;
  readonly kind: 'explicit' | 'implicit';
  readonly name: string;
  readonly http: boolean;
  readonly legacy: boolean;
  readonly sequence: number;
  readonly delay: number;
}

export interface RaContent {
  readonly ra: RaRef;
  readonly pvd: PvdIdentity;
  /** As the PvD has it. */
  readonly header: RaHeader;
  /** As every kernel has it. */
  readonly outerHeader: RaHeader;
  /** In the order of the message, a container's in its place; ignored ones left out. */
  readonly options: readonly RaPvdOption[];
}

/**
 * Reads an RA; undefined when every host drops it. One that Linux takes although the RFCs
 * say drop is read as Linux does, which knows no PvD option: what it made is there.
 */
export function raContent(
  event: Pick<
    RaEvent,
    'raId' | 'tsNs' | 'ifindex' | 'saddr' | 'hopLimit' | 'msgLenBytes' | 'message'
  >,
): RaContent | undefined {
  const { raId, tsNs, ifindex, saddr, hopLimit, msgLenBytes, message } = event;
  // The kernel verified the checksum before it called ndisc_rcv().
  const decoded = decodeRa(message, { saddr, hopLimit, msgLenBytes, verifyChecksum: false });
  const [described = raPvdUnaware(decoded, event)] = raPvds(decoded, event);
  if (!described || !decoded.header) return undefined;
  return {
    ra: { raId, tsNs, ifindex, router: saddr },
    pvd: identityOf(described),
    header: described.header,
    outerHeader: decoded.header,
    options: described.options.filter(({ option }) => option.outcome === 'ok'),
  };
}

function identityOf({ id, kind, pvd }: RaPvd): PvdIdentity {
  if (!pvd) return { id, kind, name: id, http: false, legacy: false, sequence: 0, delay: 0 };
  const { http, legacy, sequence, delay } = pvd;
  return { id, kind, name: pvd.id, http, legacy, sequence, delay };
}
