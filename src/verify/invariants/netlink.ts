/** PvDs in rtnetlink messages. */

import { broken, type Holding, type Invariant, unless } from '../invariant.ts';
import type { NetlinkObservation } from '../observation.ts';
import { pvdText } from './flow.ts';

const KEPT = ['linux-pvd', 'rfc'] as const;
const ESRCH = 3;
const EINVAL = 22;
const NAME_MAX = 256;

function refusesUnknown(o: NetlinkObservation): Holding {
  if (o.op !== 'add') return 'not-applicable';
  const isLong = o.pvdName.length > NAME_MAX;
  if (o.exists && !isLong) return 'not-applicable';
  const want = isLong ? EINVAL : ESRCH;
  if (o.error !== want) return broken(`the name ${o.pvdName} gave errno ${o.error}, not ${want}`);
  if (o.created === undefined) return 'unobservable';
  return unless(!o.created, () => `the name ${o.pvdName} was refused, and the object is there`);
}

function replaceKeeps(o: NetlinkObservation): Holding {
  if (o.op !== 'replace') return 'not-applicable';
  const { addr, before, after } = o;
  if (before === undefined || after === undefined) return 'unobservable';
  return unless(before === after, () => {
    return `${addr} was replaced and went from ${pvdText(before)} to ${pvdText(after)}`;
  });
}

function nameIsTerminated(o: NetlinkObservation): Holding {
  if (o.op !== 'name') return 'not-applicable';
  const end = o.octets.indexOf(0);
  if (end < 0) return broken(`a name of ${o.octets.length} octets without NUL`);
  const rest = o.octets.findIndex((octet, i) => i > end && octet !== 0);
  return unless(rest < 0, () => `octet ${rest}, behind the NUL at ${end}, is ${o.octets[rest]}`);
}

export const NETLINK: readonly Invariant[] = [
  {
    id: 'I46',
    code: 'pvd.netlink-unknown',
    source: 'IFA_PVD, RTA_PVD',
    text: 'An object of an unknown PvD gives ESRCH, of a name over 256 octets EINVAL; none is made.',
    profiles: [...KEPT, 'netpvd-4.15'],
    checks: { netlink: refusesUnknown },
  },
  {
    id: 'I47',
    code: 'pvd.replace-keeps',
    source: 'inet6_addr_modify()',
    text: 'An address replaced without a PvD keeps the one it has.',
    profiles: KEPT,
    checks: { netlink: replaceKeeps },
  },
  {
    id: 'I50',
    code: 'pvd.netlink-name',
    source: 'RTM_PVDSTATUS',
    text: 'Names in messages end with NUL and are padded with it: no memory leaks.',
    profiles: KEPT,
    checks: { netlink: nameIsTerminated },
  },
];
