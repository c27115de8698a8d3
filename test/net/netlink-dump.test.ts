/** Dumps of a real namespace against what ip(8) says of it. */

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bootTimeNs } from '../../agent/libbpf/libc.ts';
import { type DumpItem, type DumpOptions, dumpNetns } from '../../agent/netlink/dump-netns.ts';
import { recordOf } from '../../agent/netlink/record.ts';
import { closeNetns, openNetns } from '../../agent/netns/handle.ts';
import type { DumpEvent, KernelEvent } from '../../src/decode/event.ts';
import { decodeRecord } from '../../src/decode/record.ts';
import {
  addrAsIp,
  labelAsIp,
  linkAsIp,
  type Names,
  neighAsIp,
  nexthopAsIp,
  routeAsIp,
  ruleAsIp,
} from './netlink-as-ip.ts';
import { buildTopology, type Topology } from './netlink-topology.ts';
import { addNetns, type IpJson, ip, ipJson, openFds, SKIP, setSysctl } from './netns-bed.ts';

const options = { skip: SKIP };

async function dump(
  name: string,
  more: Partial<Pick<DumpOptions, 'dumpRoutes'>> = {},
): Promise<DumpItem[]> {
  const netns = openNetns(Buffer.from(`/run/netns/${name}`), name);
  assert.ok(netns);
  try {
    const items: DumpItem[] = [];
    for await (const item of dumpNetns({ netns, now: bootTimeNs, ...more })) items.push(item);
    return items;
  } finally {
    closeNetns(netns);
  }
}

type EventOf<K> = Extract<KernelEvent, { readonly kind: K }>;

function ofKind<K extends KernelEvent['kind']>(items: readonly DumpItem[], kind: K): EventOf<K>[] {
  return items.filter((i): i is EventOf<K> & DumpItem => 'kind' in i && i.kind === kind);
}

/** What the dump-end event calls missing. */
function missingOf(items: readonly DumpItem[]): DumpEvent['missing'] {
  const last = items.at(-1);
  assert.ok(last && 'kind' in last && last.kind === 'dump-end');
  return last.missing;
}

let topology: Topology;
let items: readonly DumpItem[];
let names: Names;
let takenNs: bigint;

const show = (...what: string[]): IpJson[] =>
  ipJson('-N', '-d', '-6', '-n', topology.name, ...what);

before(async () => {
  if (SKIP !== false) return;
  topology = buildTopology();
  // Until duplicate address detection and router solicitations are over.
  await sleep(3000);
  items = await dump(topology.name);
  takenNs = bootTimeNs();
  names = new Map(ofKind(items, 'link').map((link) => [link.ifindex, link.name]));
});

test('it is bracketed, and only what netlink hides is missing', options, () => {
  const [first] = items;
  assert.ok(first && 'kind' in first && first.kind === 'dump-begin');
  assert.deepEqual(first.missing, []);
  const missing = missingOf(items).map(({ part, reason }) => `${part}: ${reason}`);
  assert.deepEqual(
    missing.filter((text) => !/tun_id$/.test(text)),
    ['routes: dumped over netlink, which hides RTF_* flags: no BPF iterator'],
  );
});

test('parts come in the order in which a replica needs them', options, () => {
  const kinds: string[] = items.map((item) => ('kind' in item ? item.kind : 'bytes'));
  const order = ['link', 'sysctl', 'rule', 'label', 'addr', 'nexthop', 'route', 'neigh'];
  const firsts = order.map((kind) => kinds.indexOf(kind));
  assert.deepEqual(
    firsts,
    firsts.toSorted((a, b) => a - b),
  );
  assert.ok(firsts[0] === 1);
});

test('links', options, () => {
  const want = show('link').map((link) => ({
    ifindex: link.ifindex,
    ifname: link.ifname,
    ...(link.master === undefined ? {} : { master: link.master }),
    flags: link.flags
      .filter((flag: string) => !/^(LOWER_UP|NO-CARRIER|DORMANT)$/.test(flag))
      .sort(),
    mtu: link.mtu,
    operstate: link.operstate,
    address: link.address,
    isVrf: link.linkinfo?.info_kind === 'vrf',
  }));
  const got = ofKind(items, 'link').map((link) => linkAsIp(link, names));
  for (const link of got) (link['flags'] as string[]).sort();
  const byIndex = (a: IpJson, b: IpJson): number => a.ifindex - b.ifindex;
  assert.deepEqual(got.toSorted(byIndex), want.toSorted(byIndex));
  const carrier = new Map(ofKind(items, 'link').map((link) => [link.name, link.carrier]));
  assert.equal(carrier.get('va'), true);
});

test('links come in the order of /proc/net/igmp6', options, () => {
  const text = ip('netns', 'exec', topology.name, 'cat', '/proc/net/igmp6');
  const order = [
    ...new Set(
      text
        .trim()
        .split('\n')
        .map((line) => line.split(/\s+/)[1]),
    ),
  ];
  assert.deepEqual(
    ofKind(items, 'link')
      .map((link) => link.name)
      .slice(0, order.length),
    order,
  );
});

test('addresses, in the order of each device', options, () => {
  const nowNs = bootTimeNs();
  const want = show('addr').flatMap(({ ifname, addr_info }) =>
    addr_info.map((addr: IpJson) => ({ dev: ifname, ...addr })),
  );
  const got = ofKind(items, 'addr').map((addr) => ({
    dev: names.get(addr.ifindex),
    ...addrAsIp(addr, nowNs),
  }));
  // ip(8) looked a little later than `nowNs`: seconds may differ by one.
  const lifetimes = ['valid_life_time', 'preferred_life_time'];
  for (const [i, addr] of got.entries()) {
    for (const name of lifetimes) {
      const difference = Math.abs((addr as IpJson)[name] - want[i]?.[name]);
      assert.ok(difference <= 1, `${want[i]?.local} ${name}: ${difference} s apart`);
      (addr as IpJson)[name] = want[i]?.[name];
    }
  }
  assert.deepEqual(got, want);
  assert.ok(got.some((addr) => 'temporary' in addr));
  assert.ok(got.some((addr) => 'deprecated' in addr));
});

test('lifetimes are those that were set, and count from when they were', options, async () => {
  const name = addNetns();
  ip('-n', name, 'link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb');
  ip('-n', name, 'link', 'set', 'va', 'up');
  const addNs = bootTimeNs();
  ip(...`-n ${name} addr add 2001:db8::1/64 dev va valid_lft 4000 preferred_lft 3000`.split(' '));
  const addedNs = bootTimeNs();
  await sleep(2300);
  const changeNs = bootTimeNs();
  ip(...`-n ${name} addr change 2001:db8::1/64 dev va valid_lft 500 preferred_lft 400`.split(' '));
  const changedNs = bootTimeNs();
  await sleep(1200);
  const addr = ofKind(await dump(name), 'addr').find((each) => each.addr === '2001:db8::1');
  assert.ok(addr);
  // Hundredths, one jiffy (up to 10 ms), and the anchor's own reading.
  const slackNs = 60_000_000n;
  const isBetween = (at: bigint, from: bigint, to: bigint): boolean =>
    at >= from - slackNs && at <= to + slackNs;
  assert.ok(isBetween(addr.cstampNs, addNs, addedNs), `${addr.cstampNs - addNs} ns`);
  assert.ok(isBetween(addr.tstampNs, changeNs, changedNs), `${addr.tstampNs - changeNs} ns`);
  assert.ok(Math.abs(addr.validLftSec - 500) <= 1, `${addr.validLftSec}`);
  assert.ok(Math.abs(addr.preferredLftSec - 400) <= 1, `${addr.preferredLftSec}`);
});

test('rules with every selector', options, () => {
  const want = show('rule').map(({ tun_id: _, ...rule }) => rule);
  const got = ofKind(items, 'rule').map(ruleAsIp);
  assert.deepEqual(got, want);
  assert.ok(got.length > 10);
});

test('address labels, in list order', options, () => {
  const want = ipJson('-n', topology.name, 'addrlabel').map((label) => ({
    ...label,
    address: label.address.replace('::ffff:0.0.0.0', '::ffff:0:0'),
  }));
  assert.deepEqual(
    ofKind(items, 'label').map((label) => labelAsIp(label, names)),
    want,
  );
});

test('neighbours, without proxy entries', options, () => {
  const byAddress = (a: IpJson, b: IpJson): number =>
    `${a.dst} ${a.dev}` < `${b.dst} ${b.dev}` ? -1 : 1;
  const got = ofKind(items, 'neigh').map((neigh) => neighAsIp(neigh, names));
  const want = show('neigh', 'show', 'nud', 'all');
  assert.deepEqual(got.toSorted(byAddress), want.toSorted(byAddress));
  assert.ok(got.every((neigh) => neigh['dst'] !== '2001:db8:5::1'));
});

test('nexthops and groups', options, () => {
  const want = ipJson('-N', '-d', '-n', topology.name, 'nexthop').map(
    ({ resilient_args: _, scope: __, ...nexthop }) => nexthop,
  );
  assert.deepEqual(
    ofKind(items, 'nexthop').map((nexthop) => nexthopAsIp(nexthop, names)),
    want,
  );
});

test('routes over netlink: siblings apart, the rest as ip(8) shows it', options, () => {
  const events = ofKind(items, 'route');
  assert.equal(new Set(events.map(({ entry }) => entry.id)).size, events.length);
  const groups: (typeof events)[] = [];
  for (const event of events) {
    const last = groups.at(-1);
    const { entry } = event;
    const open = last?.[0]?.entry;
    const isNext = open?.dst === entry.dst && open.metric === entry.metric && entry.siblings > 0;
    if (isNext && last && last.length <= entry.siblings) last.push(event);
    else groups.push([event]);
  }
  const want = show('route', 'show', 'table', 'all').map(
    ({ expires, nh_info: _, nexthops, ...route }) => ({
      ...route,
      ...(expires === undefined ? {} : { expires: 'yes' }),
      // The hops of a nexthop object stay with the object.
      ...(nexthops === undefined || route.nhid !== undefined ? {} : { nexthops }),
    }),
  );
  assert.deepEqual(
    groups.map((group) => routeAsIp(group, names)),
    want,
  );
  const d = events.find(({ entry }) => entry.dst === '2001:db8:d::');
  assert.ok(d?.entry.expiresNs !== undefined);
  const left = Number(d.entry.expiresNs - takenNs) / 1e9;
  assert.ok(left > 570 && left < 600, `${left} s left`);
});

test('sysctls and the devconf of all and default', options, () => {
  const sysctl = (dir: string, name: string): bigint | undefined =>
    ofKind(items, 'sysctl').find((each) => each.dir === dir && each.name === name)?.value;
  assert.equal(sysctl('ipv6', 'fib_multipath_hash_policy'), 1n);
  assert.equal(sysctl('ipv6', 'bindv6only'), 0n);
  assert.equal(sysctl('ipv6', 'fib_notify_on_flag_change'), 0n);
  assert.equal(sysctl('route', 'gc_timeout'), 45n);
  const conf = new Map(ofKind(items, 'devconf').map((each) => [each.ifindex, each.conf]));
  assert.equal(conf.get(0)?.forwarding, 1);
  assert.equal(conf.get(-1)?.acceptRa, 0);
  assert.equal(conf.get(0)?.hopLimit, 64);
});

test('every item is a record that decodes to itself', options, () => {
  for (const item of items) {
    assert.ok('kind' in item);
    const record = recordOf(item);
    const decoded = decodeRecord(record);
    assert.equal(decoded.kind, item.kind);
    assert.deepEqual(decoded, { ...item });
  }
});

test('the iterator, when there is one, gives the routes', options, async () => {
  const [sample] = ofKind(items, 'route');
  assert.ok(sample);
  const bytes = Buffer.concat([recordOf(sample), recordOf(sample)]);
  const got = await dump(topology.name, { dumpRoutes: () => bytes });
  const records = got.filter((item) => item instanceof Uint8Array);
  assert.deepEqual(
    records.map((record) => Buffer.from(record).toString('hex')),
    [recordOf(sample), recordOf(sample)].map((record) => Buffer.from(record).toString('hex')),
  );
  assert.equal(ofKind(got, 'route').length, 0);
  assert.ok(missingOf(got).every(({ part }) => part !== 'routes'));
});

test('an iterator that fails degrades to netlink with its reason', options, async () => {
  const got = await dump(topology.name, {
    dumpRoutes: () => {
      throw new Error('no such program');
    },
  });
  assert.ok(ofKind(got, 'route').length > 5);
  assert.ok(
    missingOf(got).some(({ part, reason }) => part === 'routes' && /no such program/.test(reason)),
  );
});

test(
  'a namespace that can no longer be entered loses every part and ends all the same',
  options,
  async () => {
    const fds = openFds();
    const got: DumpItem[] = [];
    const netns = { fd: 0, cookie: 5n, inum: 5, name: 'gone' };
    for await (const item of dumpNetns({ netns, now: bootTimeNs })) got.push(item);
    assert.equal(got.length, 2);
    const parts = new Set(missingOf(got).map(({ part }) => part));
    assert.equal(parts.size, 9);
    assert.deepEqual(openFds(), fds);
  },
);

test('a consumer that leaves half-way leaves nothing open', options, async () => {
  const netns = openNetns(Buffer.from(`/run/netns/${topology.name}`), topology.name);
  assert.ok(netns);
  const fds = openFds();
  for await (const item of dumpNetns({ netns, now: bootTimeNs })) {
    if ('kind' in item && item.kind === 'route') break;
  }
  assert.deepEqual(openFds(), fds);
  closeNetns(netns);
});

test('each devconf field is moved by its own file and by no other', options, async () => {
  const { DEVCONF_FIELDS } = await import('../../agent/netlink/devconf.ts');
  const name = addNetns();
  ip('-n', name, 'link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb');
  const conf = async (ifindex: number): Promise<Record<string, number>> => {
    const event = ofKind(await dump(name), 'devconf').find((each) => each.ifindex === ifindex);
    return { ...event?.conf };
  };
  const netns = openNetns(Buffer.from(`/run/netns/${name}`), name);
  assert.ok(netns);
  closeNetns(netns);
  for (const [dir, ifindex] of [
    ['va', ofKind(await dump(name), 'link').find((link) => link.name === 'va')?.ifindex ?? 0],
    ['default', -1],
  ] as const) {
    for (const [field, { file, scale = 1 }] of Object.entries(DEVCONF_FIELDS)) {
      const before = await conf(ifindex);
      const value = file === 'mtu' ? 1290 : Math.abs((before[field] ?? 0) / scale - 1);
      setSysctl(name, `net/ipv6/conf/${dir}/${file}`, `${value}`);
      assert.deepEqual(
        await conf(ifindex),
        { ...before, [field]: value * scale },
        `${dir} ${file}`,
      );
    }
  }
});
