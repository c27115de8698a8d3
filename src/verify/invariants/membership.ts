/** Which objects belong to which PvD, by the kernel's registry and by the RAs it accepted. */

import { isImplicitPvdId, type PvdId } from '../../net/pvd-id.ts';
import type { Pvd, Snapshot } from '../../state/snapshot.ts';
import { broken, type Holding, type Invariant, unless } from '../invariant.ts';
import type { KernelPvd, KernelPvds, StateObservation } from '../observation.ts';
import { routeTag, sourceTag } from './association.ts';
import { pvdText } from './flow.ts';

const KEPT = ['linux-pvd', 'rfc'] as const;
const ALL = [...KEPT, 'netpvd-4.15'] as const;
const RTF_DEFAULT = 0x10000;
/** `MAXROUTESPERPVD`, `MAXADDRPERPVD`, `MAXRDNSSPERPVD`, `MAXDNSSLPERPVD`. */
const MAX = { routes: 32, addresses: 32, rdnss: 4, dnssl: 4 } as const;

/** Runs a check that only a kernel with a registry of its own allows. */
function ofKernel(check: (kernel: KernelPvds, snapshot: Snapshot) => string | undefined) {
  return ({ kernel, snapshot }: StateObservation): Holding => {
    if (kernel === undefined) return 'unobservable';
    const wrong = check(kernel, snapshot);
    return wrong === undefined ? 'holds' : broken(wrong);
  };
}

/** The first message a check gives for a PvD. */
function eachPvd(check: (pvd: KernelPvd, snapshot: Snapshot) => string | undefined) {
  return ofKernel(({ pvds }, snapshot) => {
    for (const pvd of pvds) {
      const wrong = check(pvd, snapshot);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  });
}

function sameName({ pvds }: KernelPvds): string | undefined {
  const names = new Map<PvdId, string>();
  for (const { id, name } of pvds) {
    const other = names.get(id);
    if (other !== undefined && other !== name) return `${other} and ${name} are two PvDs`;
    names.set(id, name);
  }
  return undefined;
}

function addressTags({ addressPvd }: KernelPvds, { addresses }: Snapshot): string | undefined {
  for (const [key, { addr, attribution }] of addresses) {
    const { pvd } = attribution;
    if (pvd !== undefined && addressPvd.get(key) !== pvd) {
      return `${addr} is in ${pvdText(addressPvd.get(key))}; the last RA with it is of ${pvd}`;
    }
  }
  return undefined;
}

function routeTags({ routePvd }: KernelPvds, { routes }: Snapshot): string | undefined {
  for (const { id, dst, dstLen, attribution } of routes.values()) {
    const { pvd } = attribution;
    if (pvd !== undefined && routePvd.get(id) !== pvd) {
      const is = `${dst}/${dstLen} is in ${pvdText(routePvd.get(id))}`;
      return `${is}; the last RA with it is of ${pvd}`;
    }
  }
  return undefined;
}

/** RFC 8801, section 3.4: explicit PvDs may share a link-local address. */
function eachHasItsDefault({ snapshot }: StateObservation): Holding {
  let shared = false;
  for (const pvd of snapshot.pvds.values()) {
    if (pvd.kind !== 'explicit') continue;
    for (const { router, ifindex, routerUntil } of pvd.routers) {
      if (routerUntil === undefined || routerUntil <= snapshot.tsNs) continue;
      if (!isShared(snapshot, pvd, router, ifindex)) continue;
      shared = true;
      if (!hasDefault(snapshot, pvd.id, router, ifindex)) {
        return broken(`${pvd.id} has no default route via ${router} dev ${ifindex}`);
      }
    }
  }
  return shared ? 'holds' : 'not-applicable';
}

function isShared({ pvds, tsNs }: Snapshot, { id }: Pvd, router: string, ifindex: number): boolean {
  for (const other of pvds.values()) {
    if (other.id === id || other.kind !== 'explicit') continue;
    const also = other.routers.find((r) => r.router === router && r.ifindex === ifindex);
    if (also?.routerUntil !== undefined && also.routerUntil > tsNs) return true;
  }
  return false;
}

function hasDefault({ routes }: Snapshot, id: PvdId, router: string, ifindex: number): boolean {
  for (const { flags, gateway, oif, attribution } of routes.values()) {
    if ((flags & RTF_DEFAULT) === 0 || gateway !== router || oif !== ifindex) continue;
    if (attribution.pvd === id) return true;
  }
  return false;
}

function isOneObject({ pvds }: KernelPvds, snapshot: Snapshot): string | undefined {
  for (const { id, kind, routers } of snapshot.pvds.values()) {
    const links = new Set(routers.map(({ ifindex }) => ifindex));
    const count = pvds.filter((pvd) => pvd.id === id).length;
    if (kind === 'explicit' && links.size > 1 && count !== 1) {
      return `${id}, heard on ${links.size} interfaces, is ${count} PvDs`;
    }
  }
  return undefined;
}

function listsAndTags({ pvds, addressPvd, routePvd }: KernelPvds): string | undefined {
  return (
    disagreement(pvds, (pvd) => pvd.addresses, addressPvd, 'address') ??
    disagreement(pvds, (pvd) => pvd.routes, routePvd, 'route')
  );
}

/** An object that a PvD lists and another has, or that has a PvD which does not list it. */
function disagreement<K extends string | bigint>(
  pvds: readonly KernelPvd[],
  listOf: (pvd: KernelPvd) => readonly K[],
  tags: ReadonlyMap<K, PvdId>,
  what: string,
): string | undefined {
  const listed = new Map<K, PvdId>();
  for (const pvd of pvds) {
    for (const key of listOf(pvd)) {
      const other = listed.get(key);
      if (other !== undefined) return `${what} ${key} is listed by ${other} and ${pvd.id}`;
      listed.set(key, pvd.id);
      if (tags.get(key) !== pvd.id) {
        return `${what} ${key} is listed by ${pvd.id} and in ${pvdText(tags.get(key))}`;
      }
    }
  }
  for (const [key, id] of tags)
    if (!listed.has(key)) return `${what} ${key} of ${id} is not listed`;
  return undefined;
}

function listsLiveRoutes({ id, routes }: KernelPvd, snapshot: Snapshot): string | undefined {
  const stale = routes.find((route) => !snapshot.routes.has(route));
  return stale === undefined ? undefined : `${id} lists route ${stale}, which is not in the FIB`;
}

function fitsItsTables(pvd: KernelPvd): string | undefined {
  for (const table of ['routes', 'addresses', 'rdnss', 'dnssl'] as const) {
    const { length } = pvd[table];
    if (length > MAX[table]) return `${pvd.id} has ${length} ${table}, more than ${MAX[table]}`;
  }
  return undefined;
}

function indexGrows({ pvds }: KernelPvds): string | undefined {
  let last = 0;
  for (const { id, index } of pvds) {
    if (index <= last) return `${id} has index ${index} after ${last}`;
    last = index;
  }
  return undefined;
}

function isOfItsNetns({ id, netnsCookie }: KernelPvd, snapshot: Snapshot): string | undefined {
  if (netnsCookie === snapshot.netnsCookie) return undefined;
  return `${id} of netns ${netnsCookie} is seen in ${snapshot.netnsCookie}`;
}

function hasLastAttributes(kernel: KernelPvd, { pvds }: Snapshot): string | undefined {
  const pvd = pvds.get(kernel.id);
  if (pvd === undefined || isImplicitPvdId(kernel.id)) return undefined;
  const [is, said] = [attributes(kernel), attributes(pvd)];
  return is === said ? undefined : `${kernel.id} has ${is}; the last RA says ${said}`;
}

function attributes(pvd: Pick<Pvd, 'http' | 'legacy' | 'sequence'>): string {
  return `H=${Number(pvd.http)} L=${Number(pvd.legacy)} sequence ${pvd.sequence}`;
}

export const MEMBERSHIP: readonly Invariant[] = [
  {
    id: 'I18',
    code: 'pvd.name-case',
    source: 'RFC 8801, section 3.1; RFC 4343',
    text: 'Names that differ in case only are one PvD.',
    profiles: KEPT,
    checks: { state: ofKernel(sameName) },
  },
  {
    id: 'I22',
    code: 'pvd.address-pvd',
    source: 'RFC 8801, section 3.4',
    text: 'An address is in the PvD of the last RA with its PIO, temporary ones included.',
    profiles: KEPT,
    checks: { state: ofKernel(addressTags), decision: sourceTag },
  },
  {
    id: 'I23',
    code: 'pvd.route-pvd',
    source: 'RFC 8801, section 3.4',
    text: 'A prefix, RIO or default route is in the PvD of the last RA that carried it.',
    profiles: KEPT,
    checks: { state: ofKernel(routeTags), decision: routeTag },
  },
  {
    id: 'I27',
    code: 'pvd.own-default',
    source: 'RFC 8801, section 3.4',
    text: 'Explicit PvDs announced from one link-local address each have a default route.',
    profiles: KEPT,
    checks: { state: eachHasItsDefault },
  },
  {
    id: 'I28',
    code: 'pvd.one-object',
    source: 'RFC 8801, section 3.1; RFC 7556, section 2.3',
    text: 'A PvD heard on several interfaces is one PvD.',
    profiles: ALL,
    checks: { state: ofKernel(isOneObject) },
  },
  {
    id: 'I29',
    code: 'pvd.membership',
    source: 'pvd_migrate_addr(), pvd_migrate_route()',
    text: 'A PvD lists an object exactly when the object names that PvD; so it is in one at most.',
    profiles: ALL,
    checks: { state: ofKernel(listsAndTags) },
  },
  {
    id: 'I30',
    code: 'pvd.stale-route',
    source: '/proc/net/pvd.d/*/routes',
    text: 'Every route that a PvD lists is in the FIB.',
    profiles: KEPT,
    checks: { state: eachPvd(listsLiveRoutes) },
  },
  {
    id: 'I31',
    code: 'pvd.table-sizes',
    source: 'MAXROUTESPERPVD and its like',
    text: 'A PvD has at most 32 routes, 32 addresses, 4 RDNSS and 4 DNSSL entries.',
    profiles: ['netpvd-4.15'],
    checks: { state: eachPvd(fitsItsTables) },
  },
  {
    id: 'I32',
    code: 'pvd.index',
    source: 'register_pvd()',
    text: 'The index of a PvD is not 0, and larger than those of the PvDs made before it.',
    profiles: ALL,
    checks: { state: ofKernel(indexGrows) },
  },
  {
    id: 'I33',
    code: 'pvd.netns',
    source: 'network_namespaces(7)',
    text: 'PvDs of one netns are neither seen in another nor can be bound to from there.',
    profiles: ALL,
    checks: {
      state: eachPvd(isOfItsNetns),
      binding: (o) => {
        if (o.op !== 'set' || o.scope !== 'socket' || o.error !== 0) return 'not-applicable';
        const { asked, known } = o;
        if (asked === 'inherit') return 'not-applicable';
        if (known === undefined) return 'unobservable';
        const foreign = asked.find((id) => !known.includes(id));
        return unless(
          foreign === undefined,
          () => `a socket was bound to ${foreign}, not of its netns`,
        );
      },
    },
  },
  {
    id: 'I36',
    code: 'pvd.attributes',
    source: 'RFC 8801, section 3.1',
    text: 'H, L and the sequence number are those of the last RA.',
    profiles: ALL,
    checks: { state: eachPvd(hasLastAttributes) },
  },
];
