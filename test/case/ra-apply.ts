/** The state a table row starts from, and what a prediction makes of it. */

import type { Devconf } from '../../src/decode/event.ts';
import type {
  PredictedAddress,
  PredictedRoute,
  RaPrediction,
  SecRange,
} from '../../src/model/ra-prediction.ts';
import { ANY6, addr6 } from '../../src/net/addr6.ts';
import { endOf } from '../../src/net/instant.ts';
import { prefixAddr, prefixLen } from '../../src/net/prefix6.ts';
import { type Address, addressKey, type Route, type Snapshot } from '../../src/state/snapshot.ts';
import { applyLine } from './ip-line.ts';
import { createIpState, indexOf, toSnapshot } from './ip-state.ts';
import { NONE } from './ip-words.ts';
import type { RaCase } from './ra-case.ts';

const LLADDR = '02:00:00:00:00:0a';
const MANAGETEMPADDR = 0x100;
const PREFS = ['medium', 'high', 'reserved', 'low'];
const FLAGS = { router: 0x50003, rio: 0x840003, 'on-link': 0xc0001, foreign: 1 } as const;
const EXPIRES = 0x40_0000;

/** Interface `A` with the settings of a row; ifindex with it. */
export function startOf(row: RaCase): { snapshot: Snapshot; ifindex: number } {
  const state = createIpState();
  applyLine(state, 'dev A');
  const ifindex = indexOf(state, 'A');
  const link = state.links.get(ifindex);
  const conf = state.devconf.get(ifindex);
  if (link === undefined || conf === undefined) throw new Error('no interface');
  state.links.set(ifindex, { ...link, lladdr: LLADDR });
  const said = Object.entries(row.conf ?? {}).map(([name, value]) => [fieldOf(name), value]);
  const base: Devconf = { ...conf, addrGenMode: 0, dadTransmits: 0, acceptDad: 0 };
  state.devconf.set(ifindex, { ...base, ...Object.fromEntries(said) });
  for (const line of row.before ?? []) if (!line.startsWith('token ')) applyLine(state, line);
  return { snapshot: toSnapshot(state), ifindex };
}

function fieldOf(name: string): string {
  return name.replace(/_(.)/g, (_, c: string) => c.toUpperCase());
}

export type Ranges = Map<string, readonly [SecRange, SecRange]>;

/** A snapshot that is as predicted. Identifiers that cannot be known are numbered. */
export function applied(
  snapshot: Snapshot,
  prediction: RaPrediction,
  ifindex: number,
  ranges: Ranges,
): Snapshot {
  const addresses = new Map(snapshot.addresses);
  const routes = new Map(snapshot.routes);
  for (const predicted of prediction.addresses) {
    const address = addressOf(predicted, ifindex, prediction.tsNs, addresses.size);
    addresses.set(addressKey(ifindex, address.addr), address);
    const { validSec, preferredSec } = predicted;
    if (validSec.min !== validSec.max || preferredSec.min !== preferredSec.max) {
      ranges.set(address.addr, [validSec, preferredSec]);
    }
  }
  let nextId = BigInt(routes.size + 1000);
  for (const predicted of prediction.routes) {
    if (predicted.was !== undefined) routes.delete(predicted.was.id);
    if (predicted.op === 'del') continue;
    const route = routeOf(predicted, ifindex, predicted.was?.id ?? nextId++);
    routes.set(route.id, route);
  }
  const devconf = new Map(snapshot.devconf);
  const conf = devconf.get(ifindex);
  const { hopLimit, mtu6 } = prediction.params;
  if (conf !== undefined) {
    devconf.set(ifindex, {
      ...conf,
      hopLimit: hopLimit ?? conf.hopLimit,
      mtu6: mtu6 ?? conf.mtu6,
    });
  }
  return { ...snapshot, addresses, routes, devconf };
}

function addressOf(p: PredictedAddress, ifindex: number, tsNs: bigint, number: number): Address {
  const addr = p.addr ?? p.was?.addr ?? addr6(`${prefixAddr(p.prefix)}ffff:${number.toString(16)}`);
  const flags = p.temporary ? 1 : MANAGETEMPADDR | (p.stablePrivacy ? 0x800 : 0);
  return {
    addr,
    peer: ANY6,
    prefixLen: 64,
    ifindex,
    flags: p.was?.flags ?? flags,
    scope: 0,
    proto: p.was?.proto ?? (p.temporary ? 0 : 2),
    validUntil: p.permanent ? undefined : endOf(tsNs, p.validSec.max),
    preferredUntil: p.permanent ? undefined : endOf(tsNs, p.preferredSec.max),
    attribution: { pvd: p.pvd, reason: 'ra-pio', ra: undefined },
  };
}

function routeOf(p: PredictedRoute, ifindex: number, id: bigint): Route {
  const flags = (p.was?.flags ?? FLAGS[p.kind]) & ~(3 << 27) & ~EXPIRES;
  return {
    id,
    expiresNs: p.expiresNs,
    dst: prefixAddr(p.dst),
    dstLen: prefixLen(p.dst),
    src: ANY6,
    srcLen: 0,
    prefsrc: ANY6,
    gateway: p.gateway,
    table: p.table ?? 254,
    metric: p.metric,
    flags:
      (flags | (PREFS.indexOf(p.preference) << 27) | (p.expiresNs === undefined ? 0 : EXPIRES)) >>>
      0,
    nhId: 0,
    oif: ifindex,
    weight: 1,
    upperBound: 0,
    siblings: 0,
    type: 1,
    protocol: p.kind === 'on-link' ? 2 : 9,
    nhFlags: 0,
    attribution: p.was?.attribution ?? NONE,
  };
}
