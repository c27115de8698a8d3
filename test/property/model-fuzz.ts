/** Random states and questions, the same for the same seed. */

export interface FuzzCase {
  readonly lines: readonly string[];
  readonly questions: readonly string[];
}

export interface FuzzOptions {
  readonly seed: number;
  readonly questions: number;
  readonly vrf: boolean;
}

const D = '2001:db8';
const PREFIXES = [
  '::/0',
  '::/0',
  '::/0',
  `${D}::/32`,
  `${D}:8::/47`,
  `${D}:9::/48`,
  `${D}:9::/48`,
  `${D}:9:8000::/49`,
  `${D}:9:1::/64`,
  `${D}:9::/64`,
  `${D}:9::1/128`,
  `${D}:8::/48`,
  'fd00::/8',
  '2a00::/16',
  '2002::/16',
  '2000::/3',
  `${D}:1::/64`,
];
const TARGETS = [
  `${D}:9::1`,
  `${D}:9::2`,
  `${D}:9:1::1`,
  `${D}:9:8000::1`,
  `${D}:8::1`,
  `${D}:7::1`,
  '2a00::1',
  'fd00:9::1',
  '2002:7::1',
  '2001:0:7::1',
  'fec0::9',
  `${D}:1::5`,
  `${D}:2::5`,
  '2001:10:5::1',
  '3ffe::1',
  '::1',
  `${D}:1::1`,
  `${D}:2::1`,
  '::5',
];
const SCOPED = ['fe80::77', 'ff02::1', 'ff0e::1', 'ff05::1', 'ff01::1', 'fe80::1'];
const SOURCES = [`${D}:1::1`, `${D}:2::1`, `${D}:2::9`, `${D}:3::1`, 'fd00:1::1'];
const FROM = [
  `${D}:2::/64`,
  `${D}:2::/48`,
  `${D}::/32`,
  `${D}:1::/64`,
  `${D}:2::1/128`,
  'fd00::/8',
];
const ADDRESSES = [
  `${D}:1::1/64`,
  `${D}:1::2/64`,
  `${D}:2::1/64`,
  `${D}:2::2/128`,
  `${D}:3::1/48`,
  'fd00:1::1/64',
  'fd00:9::2/64',
  '2002:1::1/64',
  '2001:0:1::1/64',
  '2001:10:1::1/64',
  'fec0::1/64',
  '3ffe:1::1/64',
  `${D}:9:1::7/64`,
  '2600::1/64',
  `${D}:9::9/127`,
];
const GATEWAYS = ['fe80::1', 'fe80::2', 'fe80::3'];
const METRICS = [1, 100, 1024, 1024, 1024, 2000];

class Dice {
  #x: number;
  constructor(seed: number) {
    this.#x = Math.imul(seed, 0x9e37_79b1) | 1;
    for (let i = 0; i < 8; i++) this.#next();
  }
  /** xorshift32. */
  #next(): number {
    this.#x ^= this.#x << 13;
    this.#x ^= this.#x >>> 17;
    this.#x ^= this.#x << 5;
    return this.#x >>> 0;
  }
  below(n: number): number {
    return (this.#next() >>> 3) % n;
  }
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

/** One state with its questions. */
export function fuzzCase(options: FuzzOptions): FuzzCase {
  const dice = new Dice(options.seed);
  const devices = dice.of([
    ['A', 'B', 'C'],
    ['C', 'A', 'B'],
    ['B', 'D', 'A', 'C'],
    ['A', 'B'],
  ]);
  const lines = [`dev ${devices.join(' ')}`];
  const vrf = options.vrf && dice.chance(30);
  const slaves = vrf ? ['E', 'F'] : [];
  if (vrf) lines.push(`vrf red 100 ${slaves.join(' ')}`);
  const second = vrf && dice.chance(40) ? ['G'] : [];
  if (second.length > 0) lines.push('vrf blue 103 G');
  const all = [...devices, ...slaves, ...second];
  const plain = vrf || dice.chance(40) ? [254, 254, 100, 101] : [254];
  const tables = second.length > 0 ? [...plain, 103] : plain;
  settings(dice, all, lines);
  hashing(dice, lines);
  const owned = addresses(dice, all, lines);
  flagged(dice, all, lines, owned);
  const nexthops = objects(dice, devices, lines);
  const routes = 2 + dice.below(14);
  for (let i = 0; i < routes; i++)
    lines.push(route(dice, [devices, slaves, second], tables, owned, nexthops));
  if (tables.length > 1)
    for (let i = dice.below(5); i > 0; i--) lines.push(rule(dice, all, tables));
  if (dice.chance(15)) {
    const dev = dice.of(devices.filter((name) => !lines.includes(`carrier ${name} off`)));
    if (dev !== undefined)
      lines.push(
        `ra ${dice.of(GATEWAYS)} dev ${dev} lifetime 1800 pref ${dice.of(['low', 'high'])}`,
      );
  }
  for (const dev of all) {
    for (const gateway of GATEWAYS) if (dice.chance(25)) lines.push(neighbour(dice, dev, gateway));
  }
  const questions = Array.from({ length: options.questions }, () =>
    question(dice, all, lines, owned),
  );
  return { lines, questions };
}

function settings(dice: Dice, devices: readonly string[], lines: string[]): void {
  if (dice.chance(12)) lines.push('sysctl net.ipv6.conf.all.forwarding=1');
  for (const dev of devices) {
    if (dice.chance(10)) lines.push(`sysctl net.ipv6.conf.${dev}.use_oif_addrs_only=1`);
    if (dice.chance(25)) lines.push(`sysctl net.ipv6.conf.${dev}.ignore_routes_with_linkdown=1`);
    if (dice.chance(15)) lines.push(`sysctl net.ipv6.conf.${dev}.use_tempaddr=2`);
    if (dice.chance(15)) lines.push(`link set dev ${dev} group 7`);
    if (dice.chance(12)) lines.push(`carrier ${dev} off`);
  }
  if (dice.chance(15)) {
    const dev = dice.chance(50) ? ` dev ${dice.of(devices)}` : '';
    lines.push(
      `addrlabel add prefix ${dice.of(['2a00::/16', `${D}:9::/48`, `${D}:1::/64`])}${dev} label ${dice.of([1, 5, 77])}`,
    );
  }
}

/** What the multipath hash is made of. Ports stay out of it: a socket's is random. */
function hashing(dice: Dice, lines: string[]): void {
  if (dice.chance(25)) lines.push(`sysctl net.ipv4.fib_multipath_hash_seed=${1 + dice.below(1e6)}`);
  if (!dice.chance(25)) return;
  lines.push(`sysctl net.ipv6.fib_multipath_hash_policy=${dice.of([0, 2, 3, 3])}`);
  lines.push(`sysctl net.ipv6.fib_multipath_hash_fields=${dice.of([1, 2, 7, 15, 64])}`);
}

/** Tentative, optimistic and temporary addresses. DAD takes longer than the questions. */
function flagged(dice: Dice, devices: readonly string[], lines: string[], owned: string[]): void {
  const up = devices.filter((dev) => !lines.includes(`carrier ${dev} off`));
  const dev = dice.of(up.length > 0 ? up : ['']);
  if (dev === '' || !dice.chance(30)) return;
  const conf = `sysctl net.ipv6.conf.${dev}`;
  if (dice.chance(30)) {
    lines.push(`${conf}.use_tempaddr=${dice.of([1, 2])}`);
    lines.push(`addr add ${D}:4::1/64 dev ${dev} mngtmpaddr valid_lft 90000 preferred_lft 80000`);
    lines.push('wait 1');
    return;
  }
  lines.push(`${conf}.accept_dad=1`, `${conf}.dad_transmits=60`);
  const address = dice.of([`${D}:9::a`, `${D}:5::1`]);
  if (dice.chance(40)) {
    lines.push(`addr add ${address}/64 dev ${dev} tentative`);
    return;
  }
  lines.push(`${conf}.optimistic_dad=1`);
  if (dice.chance(50)) lines.push(`${conf}.use_optimistic=1`);
  lines.push(`addr add ${address}/64 dev ${dev} optimistic`);
  owned.push(address);
}

/** Addresses, each on one device; those given back can be bound to. */
function addresses(dice: Dice, devices: readonly string[], lines: string[]): string[] {
  const owned: string[] = [];
  for (const address of ADDRESSES) {
    if (!dice.chance(35)) continue;
    const dev = dice.chance(6) ? 'lo' : dice.of(devices);
    const flags = dice.chance(15) ? ' preferred_lft 0' : dice.chance(10) ? ' home' : '';
    lines.push(`addr add ${address} dev ${dev}${flags}`);
    owned.push(address.split('/')[0] as string);
  }
  return owned;
}

/** Nexthop objects; ids that routes may use. */
function objects(dice: Dice, devices: readonly string[], lines: string[]): number[] {
  if (!dice.chance(45)) return [];
  const down = new Set(lines.filter((l) => l.startsWith('carrier ')).map((l) => l.split(' ')[1]));
  const usable = devices.filter((dev) => !down.has(dev));
  if (usable.length === 0) return [];
  const ids: number[] = [];
  for (let id = 1; id <= 3; id++) {
    lines.push(`nexthop add id ${id} via ${dice.of(GATEWAYS)} dev ${dice.of(usable)}`);
    ids.push(id);
  }
  if (dice.chance(60)) {
    lines.push(
      `nexthop add id 10 group ${dice.of(['1/2', '1,3/2', '1/2,2/3,5', '3/1', '2'])}${dice.chance(20) ? ' type resilient buckets 8' : ''}`,
    );
    ids.push(10, 10);
  }
  if (dice.chance(20)) {
    lines.push('nexthop add id 20 blackhole');
    ids.push(20);
  }
  return ids;
}

function route(
  dice: Dice,
  [devices, slaves, second]: readonly (readonly string[])[],
  tables: readonly number[],
  owned: readonly string[],
  nexthops: readonly number[],
): string {
  const dst = dice.of(PREFIXES);
  const table = dice.of(tables);
  const where = table === 254 ? '' : ` table ${table}`;
  const metric = ` metric ${dice.of(METRICS)}`;
  // A route of a VRF's table leads through its devices, and no other route does.
  const own = table === 100 ? slaves : table === 103 ? second : devices;
  const usable = own === undefined || own.length === 0 ? (devices as readonly string[]) : own;
  if (dice.chance(10))
    return `route add ${dice.of(['unreachable', 'prohibit', 'blackhole', 'throw'])} ${dst}${where}${metric}`;
  if (nexthops.length > 0 && dice.chance(35))
    return `route add ${dst} nhid ${dice.of(nexthops)}${where}${metric}`;
  const from = dice.chance(22) ? ` from ${dice.of(FROM)}` : '';
  const pref = dice.chance(30) ? ` pref ${dice.of(['low', 'high'])}` : '';
  const src =
    owned.length > 0 && dice.chance(10) && slaves?.length === 0 ? ` src ${dice.of(owned)}` : '';
  if (dice.chance(20)) {
    const hops = Array.from(
      { length: 2 + dice.below(3) },
      () => `${dice.of(GATEWAYS)} dev ${dice.of(usable)}`,
    );
    const each = [...new Set(hops)]
      .map((h) => ` nexthop via ${h} weight ${1 + dice.below(4)}`)
      .join('');
    return `route add ${dst}${from}${where}${metric}${src}${pref}${each}`;
  }
  const via = dice.chance(75) ? ` via ${dice.of(GATEWAYS)}` : '';
  const expires = dice.chance(10) ? ' expires 900' : '';
  return `route add ${dst}${from}${via} dev ${dice.of(usable)}${where}${metric}${src}${pref}${expires}`;
}

function rule(dice: Dice, devices: readonly string[], tables: readonly number[]): string {
  const pref = dice.of([1, 10, 10, 20, 40000, 40001]);
  const words = [`rule add pref ${pref}`];
  if (dice.chance(10)) words.push('not');
  if (dice.chance(30)) words.push(`from ${dice.of(FROM)}`);
  if (dice.chance(25)) words.push(`to ${dice.of([`${D}:9::/48`, '2a00::/16', `${D}::/32`])}`);
  if (dice.chance(25)) words.push(`fwmark ${dice.of(['0x1', '0x2/0x3', '0x0/0x1'])}`);
  if (dice.chance(10)) words.push(`iif ${dice.of(['lo', ...devices])}`);
  if (dice.chance(15)) words.push(`oif ${dice.of(devices)}`);
  if (dice.chance(10)) words.push('uidrange 0-10');
  if (dice.chance(10)) words.push('ipproto 17');
  if (dice.chance(10)) words.push('dport 50-60');
  if (dice.chance(10)) words.push('tos 0x10');
  if (dice.chance(12))
    words.push(
      dice.of([
        'unreachable',
        'prohibit',
        'blackhole',
        `goto ${pref < 40001 ? 40001 : 40002}`,
        'goto 40002',
      ]),
    );
  else {
    words.push(`lookup ${dice.of([...tables, 100, 101, 99])}`);
    if (dice.chance(20)) words.push(`suppress_prefixlength ${dice.of([0, 32, 48, 64])}`);
    if (dice.chance(15)) words.push('suppress_ifgroup 7');
  }
  return words.join(' ');
}

function neighbour(dice: Dice, dev: string, gateway: string): string {
  const state = dice.of([
    'failed',
    'failed',
    'stale',
    'incomplete',
    'reachable',
    'permanent',
    'delay',
    'probe',
  ]);
  const lladdr = state === 'failed' || state === 'incomplete' ? '' : ' lladdr 02:00:00:00:00:01';
  return `neigh add ${gateway} dev ${dev}${lladdr} nud ${state}`;
}

function question(
  dice: Dice,
  devices: readonly string[],
  lines: readonly string[],
  owned: readonly string[],
): string {
  const vrfs = lines.filter((line) => line.startsWith('vrf ')).map((line) => line.split(' ')[1]);
  const ends = [...devices, ...(vrfs as string[])];
  const scoped = dice.chance(10);
  const daddr = scoped
    ? dice.of(SCOPED)
    : dice.of(owned.length > 0 && dice.chance(10) ? owned : TARGETS);
  const mark = dice.chance(25) ? ` mark ${dice.of([1, 2, 3])}` : '';
  const needsDev = /^(fe8|ff01|ff02)/.test(daddr);
  if (dice.chance(35)) {
    const dev = needsDev || dice.chance(20) ? ` dev ${dice.of(needsDev ? devices : ends)}` : '';
    const bind = owned.length > 0 && dice.chance(25) ? ` bind ${dice.of(owned)}` : '';
    const prefs = dice.chance(15) ? ` prefs ${dice.of(['tmp', 'public', 'coa'])}` : '';
    // No TCP: its SYN would leave neighbour entries behind, for the questions that follow to meet.
    const canWish = dev === '' && !daddr.startsWith('ff');
    const wish = canWish && dice.chance(10) ? ` unicast_if ${dice.of(devices)}` : '';
    return `udp ${daddr}${bind}${dev}${wish}${mark}${prefs}`;
  }
  const from = dice.chance(45) ? ` from ${dice.of([...SOURCES, ...owned])}` : '';
  // ip6mr_get_route(): a multicast destination with iif is asked of the multicast router instead.
  if (!daddr.startsWith('ff') && dice.chance(12))
    return `get ${daddr}${from} iif ${dice.of(devices)}${mark}`;
  const oif = dice.chance(35) ? ` oif ${dice.of(ends)}` : '';
  const uid = dice.chance(10) ? ` uid ${dice.of([5, 11])}` : '';
  const l4 = dice.chance(15) ? ` ipproto ${dice.of([6, 17])} dport ${dice.of([53, 61])}` : '';
  const tos = dice.chance(10) ? ` tos ${dice.of([16, 32])}` : '';
  return `get ${daddr}${from}${oif}${mark}${uid}${l4}${tos}`;
}
