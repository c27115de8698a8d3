/** Which PvD an RA makes, what it is called, and that an RA is no trap. */

import { type Holding, type Invariant, unless } from '../invariant.ts';
import type { RaObservation } from '../observation.ts';

const KEPT = ['linux-pvd', 'rfc'] as const;
const ALL = [...KEPT, 'netpvd-4.15'] as const;
/** An RA of 64 KiB takes far less, even on slow machines. */
const RA_NS_MAX = 100_000_000n;

function makesOnePvd(o: RaObservation): Holding {
  if (!o.accepted) return 'not-applicable';
  const { kernelPvds: made, content } = o;
  if (made === undefined) return 'unobservable';
  return unless(made.length === 1, () => {
    return `an RA of ${content.pvd.id} made ${made.length} PvDs: ${made.join(', ')}`;
  });
}

/** The patch of 2018 writes the final dot. */
function isCalledByItsName(o: RaObservation): Holding {
  const { kernelPvds: made, content, accepted } = o;
  if (!accepted || content.pvd.kind !== 'explicit') return 'not-applicable';
  if (made === undefined) return 'unobservable';
  const { name } = content.pvd;
  return unless(
    made.some((given) => given === name || given === `${name}.`),
    () => `the RA names ${name}, the kernel ${made.join(', ') || 'nothing'}`,
  );
}

function refusedMakesNone(o: RaObservation): Holding {
  if (o.accepted) return 'not-applicable';
  const { kernelPvds: made, content } = o;
  if (made === undefined) return 'unobservable';
  return unless(made.length === 0, () => {
    return `an RA of ${content.ra.router} was not accepted and made ${made.join(', ')}`;
  });
}

function takesLittleTime(o: RaObservation): Holding {
  const { durationNs, content } = o;
  if (durationNs === undefined) return 'unobservable';
  return unless(durationNs <= RA_NS_MAX, () => {
    return `the RA of ${content.ra.router} took ${durationNs} ns of softirq`;
  });
}

export const RA_IDENTITY: readonly Invariant[] = [
  {
    id: 'I16',
    code: 'pvd.one-per-ra',
    source: 'RFC 8801, sections 3.2 and 3.4',
    text: 'An accepted RA makes one PvD: that of its first PvD option, else the implicit one.',
    profiles: ALL,
    checks: { ra: makesOnePvd },
  },
  {
    id: 'I17',
    code: 'pvd.name',
    source: 'RFC 8801, section 3.1',
    text: 'An explicit PvD is called by the FQDN of its option, the final dot aside.',
    profiles: ALL,
    checks: { ra: isCalledByItsName },
  },
  {
    id: 'I21',
    code: 'pvd.refused-ra',
    source: 'RFC 4861, section 6.1.2; ipv6_accept_ra()',
    text: 'An RA that is not accepted makes and changes no PvD.',
    profiles: ALL,
    checks: { ra: refusedMakesNone },
  },
  {
    id: 'I49',
    code: 'ra.bounded-time',
    source: 'ndisc_rcv()',
    text: 'Any RA is processed within 100 ms.',
    profiles: ['linux', ...KEPT],
    checks: { ra: takesLittleTime },
  },
];
