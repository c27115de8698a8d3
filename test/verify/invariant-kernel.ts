/** Registries, bindings, messages and programs that keep and break each invariant about them. */

import { addr6 } from '../../src/net/addr6.ts';
import { implicitPvdId, type PvdId } from '../../src/net/pvd-id.ts';
import type { Pvd, Snapshot } from '../../src/state/snapshot.ts';
import type {
  BindingObservation,
  KernelPvd,
  KernelPvds,
  NetlinkObservation,
  Observation,
  ProgramObservation,
  RegistryObservation,
  StateObservation,
} from '../../src/verify/observation.ts';
import { at, entry, pio, pvd, RA_DEFAULT, ra, rdnss, route } from '../state/fixture.ts';
import { BLUE, BLUE_ADDR, GONE, RED, RED_ADDR, twoPvds } from './invariant-flow.ts';

const SNAPSHOT = twoPvds();
const ROUTE = { red: entry(1, '::/0').id, blue: entry(2, '::/0').id, onLink: entry(3, '::/0').id };

function kernelPvd(id: PvdId, index: number, fields: Partial<KernelPvd> = {}): KernelPvd {
  const name = `${id}.`;
  const lists = { addresses: [], routes: [], rdnss: [], dnssl: [] };
  const said = { http: true, legacy: false, sequence: 1 };
  return { id, name, index, netnsCookie: 4099n, ...said, ...lists, ...fields };
}

const RED_PVD = kernelPvd(RED, 1, {
  addresses: [`2 ${RED_ADDR}`],
  routes: [ROUTE.red, ROUTE.onLink],
});
const BLUE_PVD = kernelPvd(BLUE, 2, { addresses: [`2 ${BLUE_ADDR}`], routes: [ROUTE.blue] });
const TAGS = {
  addressPvd: new Map([
    [`2 ${RED_ADDR}`, RED],
    [`2 ${BLUE_ADDR}`, BLUE],
  ]),
  routePvd: new Map([
    [ROUTE.red, RED],
    [ROUTE.onLink, RED],
    [ROUTE.blue, BLUE],
  ]),
};

function state(
  pvds: readonly KernelPvd[] = [RED_PVD, BLUE_PVD],
  fields: Partial<KernelPvds> = {},
  snapshot: Snapshot = SNAPSHOT,
): StateObservation {
  return { subject: 'state', snapshot, kernel: { pvds, ...TAGS, ...fields } };
}

const UNSEEN: StateObservation = { subject: 'state', snapshot: SNAPSHOT };
const swapped = <K>(map: ReadonlyMap<K, PvdId>): Map<K, PvdId> =>
  new Map([...map].map(([key, id]) => [key, id === RED ? BLUE : RED]));
const many = (n: number): bigint[] => Array.from({ length: n }, (_, i) => BigInt(i));

/** RED and BLUE from one router; the FIB has its default route once, and BLUE came last. */
const SHARED = twoPvds([
  ...ra(5, { router: 'fe80::1', options: [pio('2001:db8:1::/64'), pvd(BLUE)] }, [
    route(at(5, 'change'), 1, '::/0', { gateway: addr6('fe80::1'), ...RA_DEFAULT }),
  ]),
]);
const OWN_EACH: Snapshot = {
  ...SHARED,
  routes: new Map(
    [...SHARED.routes, ...SHARED.routes].map(([id, one], i) => {
      const second = i >= SHARED.routes.size;
      const attribution = { ...one.attribution, pvd: second ? BLUE : RED };
      return [second ? id + 1_000_000n : id, { ...one, attribution }];
    }),
  ),
};
const TWO_LINKS = twoPvds(ra(5, { ifindex: 3, router: 'fe80::7', options: [pvd(RED)] }));

const bind = (fields: object): BindingObservation =>
  ({ subject: 'binding', op: 'set', scope: 'socket', asked: [RED], error: 0, ...fields }) as never;
const resolve = (fields: object): BindingObservation =>
  ({ subject: 'binding', op: 'resolve', ...fields }) as never;
const inherit = (op: 'fork' | 'exec', fields: object): BindingObservation =>
  ({ subject: 'binding', op, ...fields }) as never;
const registry = (fields: object): RegistryObservation =>
  ({ subject: 'registry', ...fields }) as never;
const netlink = (fields: object): NetlinkObservation =>
  ({ subject: 'netlink', ...fields }) as never;

const WITH_DNS = twoPvds(
  ra(5, { options: [pvd(RED, [], { delay: 1 }), rdnss(['2001:db8:1::53'])] }),
);
const program = (fields: object): ProgramObservation =>
  ({ subject: 'program', snapshot: WITH_DNS, ...fields }) as never;
const query = { op: 'dns-query', binding: [RED], server: addr6('2001:db8:1::53') };
const fetched = { op: 'fetch', pvd: RED, routePvd: RED, startNs: 9_000_000_000n };
const waited = { ...fetched, sequenceNs: 8_000_000_000n };
const withoutH: Snapshot = {
  ...WITH_DNS,
  pvds: new Map([[RED, { ...(WITH_DNS.pvds.get(RED) as Pvd), http: false }]]),
};
const wiped = [{ object: 'address', op: 'del', key: `2 ${RED_ADDR}`, value: { addr: RED_ADDR } }];

export interface KernelCase {
  readonly holds: readonly Observation[];
  readonly breaks: readonly Observation[];
  readonly open?: readonly Observation[];
  readonly apart?: readonly Observation[];
}

const noPrivilege = { op: 'create', privileged: false, error: 1, before: [RED] };
const implicit = implicitPvdId(2, addr6('fe80::1'));

/** By id: observations that keep it, break it, leave it open, and are none of its business. */
export const KERNEL_CASES: Readonly<Record<string, KernelCase>> = {
  I9: {
    holds: [
      resolve({ socket: [RED], task: [BLUE], resolved: [RED] }),
      resolve({ socket: [], task: [BLUE], resolved: [] }),
      resolve({ socket: 'inherit', task: [BLUE], resolved: [BLUE] }),
      resolve({ socket: 'inherit', task: 'inherit', resolved: [] }),
    ],
    breaks: [
      resolve({ socket: [RED], task: [BLUE], resolved: [BLUE] }),
      resolve({ socket: [], task: [BLUE], resolved: [BLUE] }),
    ],
    open: [resolve({ socket: [RED], resolved: [RED] })],
    apart: [resolve({ socket: [GONE], task: [], resolved: 'unreachable' }), bind({})],
  },
  I10: {
    holds: [bind({ error: 101, asked: [GONE], before: [RED], after: [RED] })],
    breaks: [bind({ error: 101, asked: [GONE], before: [RED], after: [] })],
    open: [bind({ error: 101, asked: [GONE] }), bind({ error: 101, before: [RED] })],
    apart: [bind({ before: [], after: [RED] })],
  },
  I11: {
    holds: [bind({ known: [RED], after: [RED] }), bind({ asked: [], known: [], after: [] })],
    breaks: [bind({ known: [RED], after: [] }), bind({ known: [RED], after: 'inherit' })],
    open: [bind({})],
    apart: [
      bind({ known: [BLUE], after: [] }),
      bind({ known: [RED], after: [], error: 101 }),
      bind({ known: [RED], after: [RED], asked: 'inherit' }),
    ],
  },
  I12: {
    holds: [inherit('fork', { before: [RED], after: [RED] })],
    breaks: [inherit('fork', { before: [RED], after: 'inherit' })],
    open: [inherit('fork', {})],
    apart: [inherit('exec', { before: [RED], after: [] })],
  },
  I13: {
    holds: [inherit('exec', { before: [RED], after: [RED] })],
    breaks: [inherit('exec', { before: [RED], after: 'inherit' })],
    open: [inherit('exec', {})],
    apart: [inherit('fork', { before: [RED], after: [] })],
  },
  I14: {
    holds: [bind({ scope: 'process', threads: [[RED], [RED]] })],
    breaks: [bind({ scope: 'process', threads: [[RED], 'inherit'] })],
    open: [bind({ scope: 'process' })],
    apart: [bind({ scope: 'thread', threads: [[], []] })],
  },
  I15: {
    holds: [
      resolve({ socket: [RED], resolved: [RED], recreated: true }),
      resolve({ socket: [RED], resolved: 'unreachable', recreated: true }),
    ],
    breaks: [resolve({ socket: [RED], resolved: [BLUE], recreated: true })],
    open: [resolve({ socket: [RED], recreated: true })],
    apart: [resolve({ socket: [RED], resolved: [BLUE] })],
  },
  I18: {
    holds: [state()],
    breaks: [state([RED_PVD, { ...RED_PVD, name: 'Red.Example.' }])],
    open: [UNSEEN],
  },
  I22: {
    holds: [state()],
    breaks: [
      state([], { addressPvd: swapped(TAGS.addressPvd) }),
      state([], { addressPvd: new Map() }),
    ],
    open: [UNSEEN],
  },
  I23: {
    holds: [state()],
    breaks: [state([], { routePvd: swapped(TAGS.routePvd) }), state([], { routePvd: new Map() })],
    open: [UNSEEN],
  },
  I27: {
    holds: [state([], {}, OWN_EACH)],
    breaks: [{ subject: 'state', snapshot: SHARED }],
    apart: [state()],
  },
  I28: {
    holds: [state([RED_PVD, BLUE_PVD], {}, TWO_LINKS)],
    breaks: [state([RED_PVD, RED_PVD], {}, TWO_LINKS), state([BLUE_PVD], {}, TWO_LINKS)],
    open: [UNSEEN],
  },
  I29: {
    holds: [state()],
    breaks: [
      state([{ ...RED_PVD, addresses: [] }, BLUE_PVD]),
      state([RED_PVD, { ...BLUE_PVD, routes: [ROUTE.blue, ROUTE.red] }]),
      state([RED_PVD, BLUE_PVD], { routePvd: new Map() }),
    ],
    open: [UNSEEN],
  },
  I30: {
    holds: [state()],
    breaks: [state([{ ...RED_PVD, routes: [42n] }])],
    open: [UNSEEN],
  },
  I31: {
    holds: [state([{ ...RED_PVD, routes: many(32) }])],
    breaks: [
      state([{ ...RED_PVD, routes: many(33) }]),
      state([{ ...RED_PVD, rdnss: many(5).map(String) }]),
    ],
    open: [UNSEEN],
  },
  I32: {
    holds: [state()],
    breaks: [state([kernelPvd(RED, 0)]), state([kernelPvd(RED, 2), kernelPvd(BLUE, 2)])],
    open: [UNSEEN],
  },
  I33: {
    holds: [state(), bind({ known: [RED] })],
    breaks: [state([{ ...RED_PVD, netnsCookie: 5n }]), bind({ known: [BLUE] })],
    open: [UNSEEN, bind({})],
    apart: [bind({ known: [BLUE], error: 101 }), bind({ known: [], scope: 'process' })],
  },
  I34: {
    holds: [ended({ goneNs: 12_000_000_000n, notices: 1 })],
    breaks: [
      ended({ goneNs: 15_000_000_000n, notices: 1 }),
      ended({ goneNs: 12_000_000_000n, notices: 2 }),
      ended({ goneNs: 12_000_000_000n, notices: 0 }),
    ],
    open: [ended({ notices: 1 })],
  },
  I35: {
    holds: [
      registry({ op: 'changed', pvd: RED, notices: ['PVD_UPDATE'] }),
      registry({ op: 'removed', pvd: RED, notices: ['PVD_DEL'] }),
    ],
    breaks: [
      registry({ op: 'changed', pvd: RED, notices: [] }),
      registry({ op: 'removed', pvd: RED, notices: ['PVD_UPDATE'] }),
    ],
    open: [registry({ op: 'changed', pvd: RED })],
    apart: [registry({ op: 'removed', pvd: implicit, notices: [] })],
  },
  I36: {
    holds: [state()],
    breaks: [
      state([{ ...RED_PVD, sequence: 2 }]),
      state([{ ...RED_PVD, http: false }]),
      state([{ ...RED_PVD, legacy: true }]),
    ],
    open: [UNSEEN],
  },
  I38: {
    holds: [registry({ ...noPrivilege, after: [RED] })],
    breaks: [
      registry({ ...noPrivilege, after: [RED, BLUE] }),
      registry({ ...noPrivilege, error: 0, after: [RED, BLUE] }),
    ],
    open: [registry(noPrivilege)],
    apart: [registry({ ...noPrivilege, privileged: true, error: 0 })],
  },
  I39: {
    holds: [registry({ op: 'delete', pvd: RED, changes: [] })],
    breaks: [registry({ op: 'delete', pvd: RED, changes: wiped })],
    open: [registry({ op: 'delete', pvd: RED })],
  },
  I40: {
    holds: [registry({ op: 'device-gone', ifindex: 3, durationNs: 9n, left: [implicit, RED] })],
    breaks: [
      registry({ op: 'device-gone', ifindex: 2, durationNs: 9n, left: [implicit] }),
      registry({ op: 'device-gone', ifindex: 2, durationNs: 10_000_000_000n, left: [] }),
    ],
    open: [registry({ op: 'device-gone', ifindex: 2 })],
  },
  I46: {
    holds: [
      netlink({ op: 'add', pvdName: GONE, exists: false, error: 3, created: false }),
      netlink({ op: 'add', pvdName: 'x'.repeat(257), exists: false, error: 22, created: false }),
    ],
    breaks: [
      netlink({ op: 'add', pvdName: GONE, exists: false, error: 0, created: true }),
      netlink({ op: 'add', pvdName: GONE, exists: false, error: 3, created: true }),
      netlink({ op: 'add', pvdName: 'x'.repeat(257), exists: false, error: 3, created: false }),
    ],
    open: [netlink({ op: 'add', pvdName: GONE, exists: false, error: 3 })],
    apart: [netlink({ op: 'add', pvdName: RED, exists: true, error: 0, created: true })],
  },
  I47: {
    holds: [netlink({ op: 'replace', addr: RED_ADDR, before: RED, after: RED })],
    breaks: [netlink({ op: 'replace', addr: RED_ADDR, before: RED, after: null })],
    open: [netlink({ op: 'replace', addr: RED_ADDR })],
  },
  I50: {
    holds: [netlink({ op: 'name', octets: Uint8Array.of(97, 46, 0, 0, 0) })],
    breaks: [
      netlink({ op: 'name', octets: Uint8Array.of(97, 46) }),
      netlink({ op: 'name', octets: Uint8Array.of(97, 46, 0, 0, 7) }),
    ],
    apart: [netlink({ op: 'replace', addr: RED_ADDR })],
  },
  I51: {
    holds: [program({ ...query, sourcePvd: RED })],
    breaks: [
      program({ ...query, sourcePvd: BLUE }),
      program({ ...query, sourcePvd: null }),
      program({ ...query, server: addr6('2001:db8:2::53'), sourcePvd: RED }),
    ],
    open: [program(query)],
    apart: [program({ ...query, binding: [], sourcePvd: BLUE })],
  },
  I52: {
    holds: [program(fetched), program({ ...waited, drawnMs: 1000 })],
    breaks: [
      program({ ...fetched, snapshot: withoutH }),
      program({ ...fetched, routePvd: BLUE }),
      program({ ...waited, drawnMs: 1001 }),
      program({ ...waited, startNs: 20_000_000_000n, drawnMs: 2049 }),
    ],
    open: [program({ ...fetched, routePvd: undefined }), program(waited)],
    apart: [program({ ...query, sourcePvd: RED })],
  },
};

function ended(fields: object): RegistryObservation {
  const untilNs = 10_000_000_000n;
  return registry({ op: 'dns-end', pvd: RED, value: '2001:db8:1::53', untilNs, ...fields });
}
