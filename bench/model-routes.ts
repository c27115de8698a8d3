/** Routes with the prefix lengths of a full IPv6 Internet table, and questions to them. */

import { type Addr6, addr6, addr6FromWords } from '../src/net/addr6.ts';
import { maskAddr6, prefix6 } from '../src/net/prefix6.ts';
import type { Route, Snapshot } from '../src/state/snapshot.ts';

/** Share of each prefix length in the global table, in per mille (2024 to 2026, route collectors). */
const SHARE: readonly (readonly [len: number, perMille: number])[] = [
  [48, 470],
  [44, 110],
  [40, 90],
  [32, 110],
  [36, 55],
  [46, 35],
  [47, 25],
  [42, 30],
  [45, 20],
  [29, 20],
  [38, 10],
  [33, 10],
  [34, 8],
  [43, 4],
  [28, 3],
];

/** Numbers that look random and are the same in every run (xorshift32). */
export function randomSource(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

const GATEWAYS = 8;

/** `count` distinct routes through eight routers on four devices. */
export function internetRoutes(count: number): Route[] {
  const random = randomSource(0x2001_0db8);
  const routes: Route[] = [];
  const seen = new Set<string>();
  while (routes.length < count) {
    const len = pickLen(random() % 1000);
    // Registries give out /29 to /32; longer prefixes are more specific ones of about 20,000 of these.
    const block = 0x2400_0000 + ((random() % 400) << 16) * 3;
    const low = len > 32 ? (random() % 50) * 1021 : random() & 0xffff;
    const dst = maskAddr6(addr6FromWords((block + low) >>> 0, random(), 0, 0), len);
    const key = `${dst}/${len}`;
    if (seen.has(key)) continue;
    seen.add(key);
    routes.push(route(BigInt(routes.length + 1), dst, len, random() % GATEWAYS));
  }
  return routes;
}

function pickLen(perMille: number): number {
  let sum = 0;
  for (const [len, share] of SHARE) {
    sum += share;
    if (perMille < sum) return len;
  }
  return 48;
}

function route(id: bigint, dst: Addr6, dstLen: number, router: number): Route {
  return {
    id,
    expiresNs: undefined,
    dst,
    dstLen,
    src: addr6('::'),
    srcLen: 0,
    prefsrc: addr6('::'),
    gateway: addr6(`fe80::${router + 1}`),
    table: 254,
    metric: 1024,
    flags: 3,
    nhId: 0,
    oif: 2 + (router % 4),
    weight: 1,
    upperBound: 0,
    siblings: 0,
    type: 1,
    protocol: 186,
    nhFlags: 0,
    attribution: { pvd: undefined, reason: 'static', ra: undefined },
  };
}

/** A host with these routes, four devices and an address on each. */
export function internetSnapshot(routes: readonly Route[]): Snapshot {
  const links = [1, 2, 3, 4, 5].map((ifindex) => ({
    ifindex,
    name: ifindex === 1 ? 'lo' : `eth${ifindex}`,
    flags: 0x43,
    mtu: 1500,
    mtu6: 1500,
    type: 1,
    lladdr: '',
    operstate: 6,
    carrier: true,
    master: 0,
    isL3Master: false,
  }));
  const addresses = [2, 3, 4, 5].flatMap((ifindex) =>
    [`2001:db8:${ifindex}::1`, `fe80::${ifindex}`].map((text) => ({
      addr: addr6(text),
      peer: addr6('::'),
      prefixLen: 64,
      ifindex,
      flags: 0x80,
      scope: 0,
      proto: 0,
      validUntil: undefined,
      preferredUntil: undefined,
      attribution: { pvd: undefined, reason: 'static', ra: undefined },
    })),
  );
  return {
    netnsCookie: 1n,
    name: '',
    inum: 0,
    tsNs: 0n,
    seeded: true,
    version: 1,
    links: new Map(links.map((link) => [link.ifindex, link])),
    devconf: new Map(),
    addresses: new Map(addresses.map((a) => [`${a.ifindex} ${a.addr}`, a])),
    routes: new Map(routes.map((r) => [r.id, r])),
    rules: [],
    labels: [
      ['::1/128', 0],
      ['::/96', 3],
      ['2001::/32', 6],
      ['fc00::/7', 5],
      ['::/0', 1],
    ].map(([prefix, label]) => ({
      prefix: prefix6(String(prefix)),
      ifindex: 0,
      label: Number(label),
    })),
    neighbours: new Map(),
    nexthops: new Map(),
    pvds: new Map(),
    sysctls: new Map(),
    refused: {},
  };
}

/** Destinations inside the routes, spread over all of them. */
export function destinations(routes: readonly Route[], count: number): Addr6[] {
  const random = randomSource(0x5eed);
  return Array.from({ length: count }, () => {
    const { dst } = routes[random() % routes.length] as Route;
    const parts = dst.replace(/::$/, '').split(':');
    return addr6(
      `${parts.join(':')}::${(random() & 0xffff).toString(16)}:${(random() & 0xffff).toString(16)}`,
    );
  });
}
