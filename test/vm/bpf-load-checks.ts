/** What the records of the scenario of bpf-load.ts must say; each check tells what is wrong. */

import type { Fib6Entry, HookStatus, KernelEvent } from '../../src/decode/event.ts';

export interface Seen {
  readonly events: readonly KernelEvent[];
  /** Those of namespace `h`. */
  readonly h: readonly KernelEvent[];
  readonly replica: ReadonlyMap<bigint, Fib6Entry>;
  readonly iterated: readonly KernelEvent[];
  /** biome-ignore lint/suspicious/noExplicitAny: JSON of ip(8) */
  readonly ipRoutes: readonly any[];
  /** biome-ignore lint/suspicious/noExplicitAny: JSON of ip(8) */
  readonly ipAddrs: readonly any[];
  readonly hooks: readonly HookStatus[];
  readonly hits: Readonly<Record<string, number>>;
  readonly loss: Readonly<Record<string, number>>;
  readonly unpaired: number;
  readonly refused: readonly string[];
  readonly cookie: bigint;
  readonly filtered: {
    readonly tgid: number;
    readonly cgroupId: bigint;
    readonly byTgid: readonly KernelEvent[];
    readonly byCgroup: readonly KernelEvent[];
  };
}

type Kind = KernelEvent['kind'];
type Of<K extends Kind> = Extract<KernelEvent, { kind: K }>;
type Check = readonly [name: string, check: (seen: Seen) => string | undefined];

/** All of a kind in namespace h. */
function of<K extends Kind>(seen: Seen, kind: K): Of<K>[] {
  return seen.h.filter((event): event is Of<K> => event.kind === kind);
}

const text = (value: unknown): string =>
  JSON.stringify(value, (_, v) => {
    if (typeof v === 'bigint') return v.toString();
    return v instanceof Uint8Array ? Buffer.from(v).toString('hex') : v;
  });

/** A check that some event of a kind in `h` satisfies `test`. */
function some<K extends Kind>(name: string, kind: K, test: (e: Of<K>) => boolean): Check {
  return [
    name,
    (seen) => {
      const all = of(seen, kind);
      if (all.some(test)) return undefined;
      return `none of ${all.length}: ${all.slice(-5).map(text).join('\n')}`;
    },
  ];
}

const RTF_EXPIRES = 0x400000;
const EHOSTUNREACH = 113;

function routeText(r: Fib6Entry): string {
  const { id, dst, dstLen, oif, metric, gateway, table, flags, nhFlags, weight, protocol } = r;
  return text([id, dst, dstLen, oif, metric, gateway, table, flags, nhFlags, weight, protocol]);
}

function compareReplica({ replica, iterated }: Seen): string | undefined {
  const wrong: string[] = [];
  const ids = new Set<bigint>();
  for (const event of iterated) {
    if (event.kind !== 'route' || event.op !== 'dump') return `iterator gave ${text(event)}`;
    const { entry } = event;
    ids.add(entry.id);
    const mine = replica.get(entry.id);
    if (mine === undefined) wrong.push(`missing ${routeText(entry)}`);
    else if (routeText(mine) !== routeText(entry)) {
      wrong.push(`${routeText(mine)} is in the kernel ${routeText(entry)}`);
    } else if (entry.flags & RTF_EXPIRES) {
      const apartNs = (mine.expiresNs ?? 0n) - (entry.expiresNs ?? 0n);
      if (apartNs > 20_000_000n || apartNs < -20_000_000n) {
        wrong.push(`${routeText(mine)} expires ${apartNs} ns apart`);
      }
    }
  }
  for (const [id, entry] of replica) if (!ids.has(id)) wrong.push(`gone: ${routeText(entry)}`);
  if (ids.size < 10) wrong.push(`only ${ids.size} routes`);
  return wrong.length > 0 ? wrong.join('\n') : undefined;
}

/** `ip -j route` merges siblings and hides nothing else that is compared here. */
function compareIpRoutes({ ipRoutes, iterated }: Seen): string | undefined {
  const mine = new Set<string>();
  for (const event of iterated) {
    if (event.kind !== 'route') continue;
    const { dst, dstLen, metric } = event.entry;
    const host = dstLen === 128 ? dst : `${dst}/${dstLen}`;
    mine.add(`${dstLen === 0 ? 'default' : host} ${metric}`);
  }
  const theirs = new Set(ipRoutes.map((r) => `${r.dst} ${r.metric}`));
  const missing = [...theirs].filter((r) => !mine.has(r));
  const extra = [...mine].filter((r) => !theirs.has(r));
  if (missing.length + extra.length === 0) return undefined;
  return `missing ${missing.join(', ')}; extra ${extra.join(', ')}`;
}

function compareAddrs(seen: Seen): string | undefined {
  const mine = new Map<bigint, Of<'addr'>>();
  const until = seen.h.findIndex((e) => e.kind === 'netns' && e.op === 'del');
  const alive = until < 0 ? seen.h : seen.h.slice(0, until);
  const last = alive.findLastIndex((e) => e.kind === 'ra-done' && e.processed);
  for (const event of alive.slice(0, last + 1)) {
    if (event.kind !== 'addr') continue;
    if (event.op === 'del') mine.delete(event.id);
    else if (event.op !== 'fail') mine.set(event.id, event);
  }
  const texts = [...mine.values()].map((a) => `${a.addr}/${a.prefixLen} ${a.validLftSec}`).sort();
  const theirs = seen.ipAddrs
    .flatMap((link) => link.addr_info ?? [])
    .map((a) => `${a.local}/${a.prefixlen} ${a.valid_life_time > 3000 ? a.valid_life_time : '~'}`)
    .sort();
  const rough = texts.map((t) => t.replace(/ ([0-9]{1,4})$/, ' ~'));
  if (text(rough) === text(theirs)) return undefined;
  return `records: ${text(rough)}\nkernel:  ${text(theirs)}`;
}

function checkOrder({ events }: Seen): string | undefined {
  const lastByCpu = new Map<number, number>();
  for (const { cpu, seq, kind } of events) {
    const last = lastByCpu.get(cpu);
    if (last !== undefined && seq !== last + 1) return `CPU ${cpu}: ${kind} ${seq} after ${last}`;
    lastByCpu.set(cpu, seq);
  }
  return undefined;
}

/** Every BEGIN has an end of the kind it announced, or the namespace ends. */
function checkBegins({ h }: Seen): string | undefined {
  for (let i = 0; i < h.length; i++) {
    const begin = h[i];
    if (begin?.kind !== 'begin' || begin.of === 'addr') continue;
    const end = h.slice(i + 1).some((e) => e.kind === begin.of || e.kind === 'netns');
    if (!end) return `no end for ${text(begin)}`;
  }
  return undefined;
}

function checkDecision(seen: Seen): string | undefined {
  const flow = of(seen, 'flow').find((f) => f.query.dport === 4321);
  if (flow === undefined) return `no flow: ${of(seen, 'flow').map(text).join('\n')}`;
  const lookups = of(seen, 'lookup').filter((l) => l.decision === flow.decision);
  const saddrs = of(seen, 'saddr').filter((s) => s.decision === flow.decision);
  const lookup = lookups[0];
  const saddr = saddrs[0];
  if (lookups.length !== flow.lookups || saddrs.length !== flow.saddrs || !lookup || !saddr) {
    return `${lookups.length} lookups, ${saddrs.length} selections: ${text(flow)}`;
  }
  const wrong = Object.entries({
    comm: flow.task.comm === 'bash',
    pid: flow.task.pid > 0 && flow.task.tgid > 0,
    cookie: flow.sock !== undefined && flow.sock.cookie > 0n,
    sock: flow.sock?.cookie === lookup.sock?.cookie && flow.sock?.type === 2,
    daddr: flow.daddr === '2001:db8:1::1',
    saddr: flow.saddr === saddr.saddr && flow.saddr.startsWith('2001:db8:1:'),
    oif: flow.oif === lookup.oif && saddr.oif === flow.oif,
    entry: lookup.entry?.dst === '2001:db8:1::' && lookup.entry.table === 254,
    tries: lookup.tries.at(-1)?.id === lookup.entry?.id && lookup.triesCount >= 1,
    inFlow: lookup.inFlow,
    stamps: lookup.begin.fib6Sernum > 0 && lookup.begin.rtEntries > 5,
    duration: flow.beginNs < lookup.beginNs && lookup.tsNs < flow.tsNs,
    softirq: !flow.softirq,
  }).filter(([, ok]) => !ok);
  if (wrong.length === 0) return undefined;
  return `${wrong.map(([name]) => name).join(', ')}: ${text({ flow, lookup, saddr })}`;
}

function checkRa(seen: Seen): string | undefined {
  const done = of(seen, 'ra-done').find((d) => d.processed);
  const ra = of(seen, 'ra').find((r) => r.raId === done?.raId);
  if (ra === undefined || done === undefined) return 'no accepted RA';
  const wrong = Object.entries({
    hopLimit: ra.hopLimit === 255,
    type: ra.message[0] === 134,
    length: ra.message.length === ra.msgLenBytes && ra.msgLenBytes > 16 + 32,
    ifname: ra.ifname === 'h0',
    saddr: ra.saddr.startsWith('fe80::'),
    daddr: ra.daddr === 'ff02::1' || ra.daddr.startsWith('fe80::'),
    reached: done.reachedDiscovery,
    acceptRa: done.acceptRa === 1 && done.forwarding === 0,
    softirq: ra.softirq,
    order: ra.tsNs < done.tsNs,
  }).filter(([, ok]) => !ok);
  if (wrong.length === 0) return undefined;
  return `${wrong.map(([name]) => name).join(', ')}: ${text({ ra, done })}`;
}

/** Decisions of one process or cgroup only, and changes of everybody. */
function checkFilter(
  events: readonly KernelEvent[],
  wanted: (task: Of<'flow'>['task']) => boolean,
): string | undefined {
  const decisions = events.filter(
    (e): e is Of<'flow' | 'lookup' | 'saddr'> =>
      e.kind === 'flow' || e.kind === 'lookup' || e.kind === 'saddr',
  );
  const others = decisions.filter((e) => !wanted(e.task) || e.softirq);
  if (!decisions.some((e) => e.task.comm === 'ping')) return `${decisions.length} decisions`;
  return others.length === 0 ? undefined : text(others[0]);
}

export const CHECKS: readonly Check[] = [
  ['no program was refused', ({ refused }) => refused.join('\n') || undefined],
  [
    'one program of each pair is attached',
    ({ hooks }) => {
      const missing = hooks.filter((hook) => !hook.attached);
      return missing.length === 1 && missing[0]?.program.startsWith('ndisc_router_discovery_exit')
        ? undefined
        : text(missing);
    },
  ],
  ['nothing is lost', ({ loss }) => (text(loss) === '{}' ? undefined : text(loss))],
  ['every exit had its entry', ({ unpaired }) => (unpaired === 0 ? undefined : `${unpaired}`)],
  [
    'every record is decoded',
    ({ events }) => {
      const bad = events.filter((event) => event.kind === 'unknown');
      return bad.length === 0 ? undefined : text(bad.slice(0, 5));
    },
  ],
  ['records of a CPU are numbered without gap', checkOrder],
  ['every begin has an end', checkBegins],
  some('netns: new', 'netns', (e) => e.op === 'new' && e.inum > 0),
  some('netns: gone', 'netns', (e) => e.op === 'del' && e.hook === 'inet6_net_exit'),
  [
    'netns: nothing comes after its end',
    ({ h }) => {
      const end = h.findIndex((e) => e.kind === 'netns' && e.op === 'del');
      const late = h.slice(end + 1).filter((e) => e.kind !== 'neigh');
      return late.length === 0 ? undefined : late.map(text).join('\n');
    },
  ],
  ['ra: accepted', checkRa],
  some('ra: bad hop limit is told', 'ra', (e) => e.hopLimit === 64),
  some('ra: odd length', 'ra', (e) => e.msgLenBytes === 24 && e.message.length === 24),
  some(
    'ra: too long is cut',
    'ra',
    (e) => e.truncated && e.msgLenBytes === 4209 && e.message.length === 4096,
  ),
  some('ra-done: bad hop limit is not processed', 'ra-done', (e) => !e.processed),
  some('link: new, in order', 'link', (e) => e.op === 'new' && e.name === 'h0'),
  some('link: carrier lost', 'link', (e) => e.name === 'h0' && !e.carrier && e.event !== 0),
  some('link: VRF', 'link', (e) => e.name === 'v' && e.isL3Master),
  some('link: master', 'link', (e) => e.name === 'h2' && e.master > 0),
  some('link: lladdr', 'link', (e) => e.name === 'h0' && /^(..:){5}..$/.test(e.lladdr)),
  some('link: removed', 'link', (e) => e.op === 'del' && e.name === 'h1'),
  some('devconf: device', 'devconf', (e) => e.ifindex > 0 && e.conf.hopLimit === 33),
  some('devconf: default', 'devconf', (e) => e.ifindex === -1 && e.conf.acceptRaMinLft === 7),
  some('devconf: all', 'devconf', (e) => e.ifindex === 0 && e.conf.forwarding === 1),
  some('devconf: all, copied', 'devconf', (e) => e.ifindex > 1 && e.conf.forwarding === 1),
  some(
    'sysctl: conf',
    'sysctl',
    (e) => e.name === 'hop_limit' && e.dir === 'h1' && e.value === 33n,
  ),
  some('sysctl: net.ipv6', 'sysctl', (e) => e.name === 'fib_multipath_hash_policy'),
  some('addr: of the RA, tentative', 'addr', (e) => e.op === 'new' && (e.flags & 0x40) !== 0),
  some('addr: DAD done', 'addr', (e) => e.hook === 'addrconf_dad_completed' && !(e.flags & 0x40)),
  some('addr: lifetime changed', 'addr', (e) => e.validLftSec === 1000 && e.op === 'change'),
  some(
    'addr: kept without its link',
    'addr',
    (e) => e.hook === 'addrconf_notify' && e.addr === '2001:db8:a::1' && (e.flags & 0x40) !== 0,
  ),
  some('addr: refused', 'addr', (e) => e.op === 'fail' && e.addr === '::1'),
  some('addr: removed', 'addr', (e) => e.op === 'del' && e.addr === '2001:db8:7::1'),
  ['addr: as ip addr shows', compareAddrs],
  some('route: RA default', 'route', (e) => e.op === 'new' && e.entry.dstLen === 0),
  some(
    'route: RA refreshes the default',
    'route',
    (e) =>
      e.op === 'change' && e.hook === 'ndisc_router_discovery' && e.entry.expiresNs !== undefined,
  ),
  some(
    'route: RIO refreshed',
    'route',
    (e) => e.hook === 'rt6_route_rcv' && e.entry.dst === '2001:db8:ff::' && e.op === 'change',
  ),
  some(
    'route: PIO refreshed',
    'route',
    (e) => e.hook === 'addrconf_prefix_rcv' && e.entry.dst === '2001:db8:1::' && e.op === 'change',
  ),
  some(
    'route: duplicate refreshes expiry',
    'route',
    (e) => e.op === 'change' && e.error === -17 && e.entry.id === 0n,
  ),
  some('route: by a request', 'route', (e) => e.entry.metric === 77 && e.portid > 0),
  some('route: preferred source forgotten', 'route', (e) => e.hook === 'fib6_remove_prefsrc'),
  some('route: link down', 'route', (e) => e.hook === 'fib6_ifdown' && e.entry.nhFlags !== 0),
  some('route: link up', 'route', (e) => e.hook === 'fib6_ifup'),
  ['route: replica is what the iterator gives', compareReplica],
  ['route: iterator gives what ip route shows', compareIpRoutes],
  some('rule: new', 'rule', (e) => e.op === 'new' && e.pref === 100 && e.dst === '2001:db8:9::'),
  some(
    'rule: selectors',
    'rule',
    (e) =>
      e.pref === 200 &&
      e.iif === -1 &&
      e.iifname === 'nosuch' &&
      e.uidRange?.start === 5 &&
      e.sportEnd === 20,
  ),
  some('rule: removed', 'rule', (e) => e.op === 'del' && e.pref === 200),
  some('label: new', 'label', (e) => e.op === 'new' && e.label === 55 && e.prefixLen === 48),
  some('label: removed', 'label', (e) => e.op === 'del' && e.prefix === '2001:db8:8::'),
  some('nexthop: single', 'nexthop', (e) => e.id === 7 && e.gateway === 'fe80::1'),
  some('nexthop: refused', 'nexthop', (e) => e.op === 'fail'),
  some('nexthop: group', 'nexthop', (e) => e.isGroup && e.members[0]?.weight === 3),
  some('nexthop: blackhole removed', 'nexthop', (e) => e.op === 'del' && e.id === 11),
  some('neigh: reachable router', 'neigh', (e) => (e.nudState & 2) !== 0 && e.lladdr !== ''),
  some('neigh: new', 'neigh', (e) => e.op === 'new' && e.addr.startsWith('fe80::')),
  some('neigh: router flag', 'neigh', (e) => (e.ntfFlags & 0x80) !== 0),
  ['decision: lookup, selection and flow of one connect', checkDecision],
  some(
    'lookup: as asked by ip route get',
    'lookup',
    (e) => e.query.mark === 7 && e.query.saddr === '2001:db8:99::1' && e.task.comm === 'ip',
  ),
  some(
    'lookup: rule that led to the table',
    'lookup',
    (e) => e.tries.some((t) => t.table === 100 && t.rulePref === 100) && e.entry?.table === 100,
  ),
  some(
    'lookup: an unreachable route',
    'lookup',
    (e) => e.error === -EHOSTUNREACH && e.entry?.dst === '2001:db8:66::' && e.entry.type === 7,
  ),
  some(
    'lookup: an exception',
    'lookup',
    (e) => e.query.daddr === '2001:db8:77::5' && e.exception && e.entry?.dstLen === 0,
  ),
  some(
    'flow: an error',
    'flow',
    (e) => e.query.dport === 4322 && e.error === -EHOSTUNREACH && e.oif === 0,
  ),
  [
    'flow: of an echo reply, in softirq',
    ({ events }) =>
      events.some(
        (e) =>
          e.kind === 'flow' &&
          e.hook === 'ip6_dst_lookup' &&
          e.softirq &&
          e.error === 0 &&
          e.query.saddr === '2001:db8:1::1' &&
          e.oif > 0,
      )
        ? undefined
        : 'none',
  ],
  some('saddr: without a flow', 'saddr', (e) => e.decision === 0n),
  [
    'filter: decisions of one process',
    ({ filtered: { byTgid, tgid } }) => checkFilter(byTgid, (task) => task.tgid === tgid),
  ],
  [
    'filter: changes by any process',
    ({ filtered: { byTgid } }) =>
      byTgid.some((e) => e.kind === 'route' && e.entry.dst === '2001:db8:f0::')
        ? undefined
        : 'no route',
  ],
  [
    'filter: decisions of one cgroup',
    ({ filtered: { byCgroup, cgroupId } }) =>
      checkFilter(byCgroup, (task) => task.cgroupId === cgroupId),
  ],
];
