/** The kernel's registry of PvDs: who may change it, what goes with what, who is told. */

import type { Addr6 } from '../../net/addr6.ts';
import { implicitPvdId, isImplicitPvdId, type PvdId } from '../../net/pvd-id.ts';
import { broken, type Holding, type Invariant, unless } from '../invariant.ts';
import type { RegistryObservation } from '../observation.ts';

const KEPT = ['linux-pvd', 'rfc'] as const;
const ALL = [...KEPT, 'netpvd-4.15'] as const;
const EPERM = 1;
/** A timer of one second looks at every second entry (`pvd_check_lifetimes()`). */
const DNS_LATE_NS = 4_000_000_000n;
/** Far more than it takes, far less than a hung `netdev_wait_allrefs()`. */
const DEVICE_GONE_NS = 1_000_000_000n;

function dnsEnds(o: RegistryObservation): Holding {
  if (o.op !== 'dns-end') return 'not-applicable';
  const { pvd, value, untilNs, goneNs, notices } = o;
  if (goneNs === undefined || notices === undefined) return 'unobservable';
  const lateNs = goneNs - untilNs;
  return unless(
    lateNs <= DNS_LATE_NS && notices === 1,
    () => `${value} of ${pvd} went ${lateNs} ns after its end with ${notices} messages`,
  );
}

function isToldOf(o: RegistryObservation): Holding {
  if (o.op !== 'changed' && o.op !== 'removed') return 'not-applicable';
  if (isImplicitPvdId(o.pvd)) return 'not-applicable';
  if (o.notices === undefined) return 'unobservable';
  const want = o.op === 'changed' ? 'PVD_UPDATE' : 'PVD_DEL';
  const told = o.notices.join(', ') || 'nothing';
  return unless(o.notices.includes(want), () => `${o.pvd} was ${o.op}: ${told}, not ${want}`);
}

function needsPrivilege(o: RegistryObservation): Holding {
  if (o.op !== 'create' || o.privileged) return 'not-applicable';
  const { error, before, after } = o;
  if (error !== EPERM) return broken(`creating a PvD without CAP_NET_ADMIN gave errno ${error}`);
  if (before === undefined || after === undefined) return 'unobservable';
  const kept = before.length === after.length && before.every((id) => after.includes(id));
  return unless(kept, () => `refused, it still made [${after}] of [${before}]`);
}

function keepsObjects(o: RegistryObservation): Holding {
  if (o.op !== 'delete') return 'not-applicable';
  if (o.changes === undefined) return 'unobservable';
  const gone = o.changes.find(
    ({ object, op }) => op === 'del' && (object === 'address' || object === 'route'),
  );
  return unless(gone === undefined, () => `with ${o.pvd} went ${gone?.object} ${gone?.key}`);
}

function goesWithDevice(o: RegistryObservation): Holding {
  if (o.op !== 'device-gone') return 'not-applicable';
  const { ifindex, durationNs, left } = o;
  if (durationNs === undefined || left === undefined) return 'unobservable';
  const stale = left.find((id) => isImplicitOf(id, ifindex));
  if (stale !== undefined) return broken(`device ${ifindex} is gone and ${stale} is left`);
  return unless(
    durationNs <= DEVICE_GONE_NS,
    () => `device ${ifindex} took ${durationNs} ns to go`,
  );
}

function isImplicitOf(id: PvdId, ifindex: number): boolean {
  return id.startsWith(implicitPvdId(ifindex, '' as Addr6));
}

export const REGISTRY: readonly Invariant[] = [
  {
    id: 'I34',
    code: 'pvd.dns-end',
    source: 'RFC 8106, section 6; pvd_check_lifetimes()',
    text: 'An RDNSS or DNSSL entry is gone 4 s after its end, and one message says so.',
    profiles: ALL,
    checks: { registry: dnsEnds },
  },
  {
    id: 'I35',
    code: 'pvd.notify',
    source: 'RTM_PVDSTATUS',
    text: 'Every change of an explicit PvD is followed by PVD_UPDATE, every removal by PVD_DEL.',
    profiles: KEPT,
    checks: { registry: isToldOf },
  },
  {
    id: 'I38',
    code: 'pvd.create-privilege',
    source: 'SO_CREATEPVD; capabilities(7)',
    text: 'Without CAP_NET_ADMIN creating a PvD is refused and changes nothing.',
    profiles: ALL,
    checks: { registry: needsPrivilege },
  },
  {
    id: 'I39',
    code: 'pvd.delete-keeps',
    source: 'unregister_pvd()',
    text: 'Deleting a PvD removes no address and no route.',
    profiles: ALL,
    checks: { registry: keepsObjects },
  },
  {
    id: 'I40',
    code: 'pvd.device-gone',
    source: 'NETDEV_UNREGISTER',
    text: 'With a device go its implicit PvDs, within a second.',
    profiles: KEPT,
    checks: { registry: goesWithDevice },
  },
];
