/**
 * Lines of a state that are events and no commands: time that passes, lookups that leave
 * traces, and packets from outside.
 *
 * `wait SEC`; `ask QUESTION`; `token A ::7`;
 * `ra ROUTER dev A [lifetime SEC] [pref P] [pio PREFIX VALID PREFERRED LA] [rio PREFIX P SEC]`;
 * `ptb DST from SRC dev A via GATEWAY mtu N`; `redirect DST from SRC dev A via GATEWAY to TARGET`.
 */

import { addr6 } from '../../src/net/addr6.ts';
import { neighbourKey, type Route } from '../../src/state/snapshot.ts';
import { addAddr, addRoute, type IpState, indexOf, setLink, tableOf } from './ip-state.ts';
import { maskOf, next, PREF, parseAddr, peek, prefixOf, type Words, words } from './ip-words.ts';

const SEC = 1_000_000_000n;
const RTF_UP = 0x1;
const RTF_DEFAULT = 0x1_0000;
const RTF_ADDRCONF = 0x4_0000;
const RTF_PREFIX_RT = 0x8_0000;
const RTF_EXPIRES = 0x40_0000;
const RTF_ROUTEINFO = 0x80_0000;
const NUD_FAILED = 0x20;
const NUD_INCOMPLETE = 0x01;
const INFINITE = 0xffff_ffff;

/** Carries an event out; false when the word is none. */
export function applyEvent(state: IpState, object: string, w: Words): boolean {
  if (object === 'wait') pass(state, BigInt(next(w)) * SEC);
  else if (object === 'ask') probeRouters(state);
  else if (object === 'token')
    setLink(state, indexOf(state, next(w)), { token: next(w) } as object);
  else if (object === 'ra') receiveRa(state, w);
  else if (object === 'ptb' || object === 'redirect') addException(state, w);
  else return false;
  return true;
}

/** `addrconf_verify_rtnl()` and, where its interval was made short, `fib6_run_gc()`. */
function pass(state: IpState, ns: bigint): void {
  state.nowNs += ns;
  for (const [key, a] of state.addresses) {
    if (a.preferredUntil !== undefined && a.preferredUntil <= state.nowNs)
      state.addresses.set(key, { ...a, flags: a.flags | 0x20 });
  }
  const gcSec = state.sysctls.get('route.gc_interval');
  if (gcSec === undefined) return;
  for (const r of state.routes.values()) {
    const isOld =
      r.expiresNs !== undefined && r.expiresNs + 2n * BigInt(gcSec) * SEC <= state.nowNs;
    if (isOld) state.routes.delete(r.id);
  }
}

/** `rt6_probe()`: a lookup that passes a FAILED router asks it again, and INCOMPLETE may be good. */
function probeRouters(state: IpState): void {
  if (state.devconf.get(0)?.forwarding) return;
  for (const [key, n] of state.neighbours) {
    const intervalMs = state.devconf.get(n.ifindex)?.rtrProbeIntervalMs ?? 0;
    if (n.nudState !== NUD_FAILED || state.nowNs <= BigInt(intervalMs) * 1_000_000n) continue;
    state.neighbours.set(key, { ...n, nudState: NUD_INCOMPLETE });
  }
}

/** `rt6_insert_exception()`, for Packet Too Big and Redirect. */
function addException(state: IpState, w: Words): void {
  const daddr = addr6(next(w));
  const said = new Map<string, string>();
  while (peek(w) !== undefined) said.set(next(w), next(w));
  const gateway = addr6(said.get('via') ?? '::');
  const via = addr6(said.get('to') ?? gateway);
  const oif = indexOf(state, said.get('dev') ?? '');
  state.exceptions.push({ daddr, oif, gateway, via });
}

/** `ndisc_router_discovery()`, as far as its routes and addresses go. */
function receiveRa(state: IpState, w: Words): void {
  const router = addr6(next(w));
  next(w);
  const ifindex = indexOf(state, next(w));
  const conf = state.devconf.get(ifindex);
  const accepts = conf?.forwarding ? conf.acceptRa === 2 : conf?.acceptRa !== 0;
  let lifetime = 0;
  let pref = 0;
  const options: (() => void)[] = [];
  while (peek(w) !== undefined) {
    const word = next(w);
    if (word === 'lifetime') lifetime = Number(next(w));
    else if (word === 'pref') pref = PREF[next(w)] ?? 0;
    else if (word === 'pio') {
      const [prefix, valid, preferred, flags] = [next(w), next(w), next(w), next(w)];
      options.push(() => prefixRcv(state, ifindex, prefix, [valid, preferred], flags));
      state.advertised.push(advertisement(prefix, router, ifindex));
    } else if (word === 'rio') {
      const [prefix, rioPref, sec] = [next(w), PREF[next(w)] ?? 0, Number(next(w))];
      if (conf?.acceptRaRtrPref)
        options.unshift(() => routeRcv(state, ifindex, router, prefix, rioPref, sec));
    }
  }
  if (!accepts || conf === undefined) return;
  if (conf.acceptRaDefrtr && !(lifetime !== 0 && lifetime < conf.acceptRaMinLft)) {
    if (!defaultRouter(state, ifindex, router, conf.acceptRaRtrPref ? pref : 0, lifetime)) return;
  }
  // ndisc_update() cannot make it STALE without a link-layer address: the entry has no state.
  const key = neighbourKey(ifindex, router);
  if (!state.neighbours.has(key))
    state.neighbours.set(key, { addr: router, ifindex, nudState: 0, isRouter: true, lladdr: '' });
  for (const option of options) option();
}

function advertisement(
  prefix: string,
  router: Route['gateway'],
  ifindex: number,
): IpState['advertised'][number] {
  return {
    prefix: prefixOf(prefix),
    router,
    ifindex,
    onLink: true,
    autonomous: true,
    validUntil: undefined,
    preferredUntil: undefined,
    nested: false,
  };
}

/** Sets lifetime and flags of a learned route, adds or deletes it; false when the FIB refuses it. */
function learn(
  state: IpState,
  route: Pick<Route, 'dst' | 'dstLen' | 'oif' | 'gateway' | 'metric'>,
  flags: number,
  mask: number,
  sec: number,
  protocol: number,
): boolean {
  const table = tableOf(state, route.oif, 254);
  const known = [...state.routes.values()].find(
    (r) =>
      r.table === table &&
      r.dst === route.dst &&
      r.dstLen === route.dstLen &&
      r.oif === route.oif &&
      r.gateway === route.gateway &&
      (r.flags & mask) === mask,
  );
  if (known !== undefined && (sec === 0 || known.metric !== route.metric)) {
    state.routes.delete(known.id);
    if (sec === 0) return true;
  } else if (known === undefined && sec === 0) return true;
  const expires = sec === INFINITE ? undefined : state.nowNs + BigInt(sec) * SEC;
  const lived = RTF_UP | flags | (expires === undefined ? 0 : RTF_EXPIRES);
  if (known !== undefined && known.metric === route.metric) {
    state.routes.set(known.id, { ...known, flags: lived, expiresNs: expires });
    return true;
  }
  return addRoute(state, { ...route, table, flags: lived, expiresNs: expires, protocol });
}

function defaultRouter(
  state: IpState,
  oif: number,
  gateway: Route['gateway'],
  pref: number,
  sec: number,
): boolean {
  const mask = RTF_ADDRCONF | RTF_DEFAULT;
  const metric = state.devconf.get(oif)?.raDefrtrMetric ?? 1024;
  const route = { dst: addr6('::'), dstLen: 0, oif, gateway, metric };
  return learn(state, route, mask | (pref << 27), mask, sec, 9);
}

/** `rt6_route_rcv()`. */
function routeRcv(
  state: IpState,
  oif: number,
  gateway: Route['gateway'],
  prefix: string,
  pref: number,
  sec: number,
): void {
  const [dst = '::', len = '0'] = prefixOf(prefix).split('/');
  const dstLen = Number(len);
  const conf = state.devconf.get(oif);
  if (conf === undefined || (dstLen === 0 && !conf.acceptRaDefrtr)) return;
  if (sec !== 0 && sec < conf.acceptRaMinLft) return;
  if (dstLen < conf.acceptRaRtInfoMinPlen || dstLen > conf.acceptRaRtInfoMaxPlen) return;
  const isDefault = dstLen === 0 ? RTF_DEFAULT : 0;
  const flags = RTF_ADDRCONF | RTF_ROUTEINFO | isDefault | (pref << 27);
  const mask = RTF_ADDRCONF | (isDefault || RTF_ROUTEINFO);
  learn(state, { dst: addr6(dst), dstLen, oif, gateway, metric: 1024 }, flags, mask, sec, 9);
}

/** `addrconf_prefix_rcv()`: the on-link route, and an address of the device's token. */
function prefixRcv(
  state: IpState,
  oif: number,
  prefix: string,
  lifetimes: readonly string[],
  flags: string,
): void {
  const [valid = 0, preferred = 0] = lifetimes.map((l) => (l === 'forever' ? INFINITE : Number(l)));
  const { addr, len } = parseAddr(prefix);
  const conf = state.devconf.get(oif);
  if (conf === undefined || !conf.acceptRaPinfo || preferred > valid) return;
  if (valid !== 0 && valid < conf.acceptRaMinLft) return;
  if (flags.includes('L')) {
    const route = { dst: addr, dstLen: len, oif, gateway: addr6('::'), metric: 256 };
    const mask = RTF_ADDRCONF | RTF_PREFIX_RT;
    learn(state, route, mask, mask, valid, 2);
  }
  if (!flags.includes('A') || !conf.autoconf || len !== 64) return;
  const link = state.links.get(oif) as { name: string; token?: string } | undefined;
  if (link?.token === undefined) return;
  const own = `${maskOf(addr, 64).replace(/::$/, '')}${link.token}`;
  const known = [...state.addresses.entries()].find(([, a]) => a.addr === addr6(own));
  if (known !== undefined) {
    const [key, a] = known;
    const kept = preferred === 0 ? a.flags | 0x20 : a.flags & ~0x20;
    state.addresses.set(key, { ...a, flags: kept });
    return;
  }
  if (valid === 0) return;
  const life = preferred === 0 ? 'preferred_lft 0' : '';
  addAddr(state, words(`${own}/64 dev ${link.name} dynamic noprefixroute ${life}`));
}
