/** What an interface has of RAs, as lines of the table; and whether two such lists are alike. */

import type { RaPrediction, SecRange } from '../../src/model/ra-prediction.ts';
import { type Addr6, addr6FromWords, addr6Words } from '../../src/net/addr6.ts';
import { INFINITY_SEC } from '../../src/net/instant.ts';
import { prefix6From } from '../../src/net/prefix6.ts';
import { claimOfAddress, claimOfRoute } from '../../src/state/attribution.ts';
import type { Address, Route, Snapshot } from '../../src/state/snapshot.ts';
import { secondsOf } from '../../src/verify/ra-effect-address.ts';

const TEMPORARY = 0x01;
const STABLE = 0x800;
const PREF = ['medium', 'high', 'reserved', 'low'];

/** Settings that are not as on a fresh interface. */
export interface Settings {
  readonly hopLimit: number;
  readonly mtu6: number;
  readonly retransMs: number;
  readonly reachableMs: number;
  readonly managed: boolean;
  readonly other: boolean;
}

export const FRESH: Settings = {
  hopLimit: 64,
  mtu6: 1500,
  retransMs: 1000,
  reachableMs: 30000,
  managed: false,
  other: false,
};

/** `ranges`: what is predicted of addresses whose lifetimes are not exactly known. */
export function linesOf(
  snapshot: Snapshot,
  ifindex: number,
  tsNs: bigint,
  settings: Settings,
  ranges: ReadonlyMap<string, readonly [SecRange, SecRange]> = new Map(),
): string[] {
  const lladdr = snapshot.links.get(ifindex)?.lladdr ?? '';
  const addresses = [...snapshot.addresses.values()]
    .filter((a) => a.ifindex === ifindex && claimOfAddress(a).by === 'ra')
    .map((a) => addressLine(a, lladdr, tsNs, ranges.get(a.addr)));
  const routes = [...snapshot.routes.values()]
    .filter((r) => r.oif === ifindex && claimOfRoute(r).by === 'ra')
    .map((r) => routeLine(r, tsNs));
  return [...addresses, ...routes, ...settingLines(settings)].sort();
}

function addressLine(
  address: Address,
  lladdr: string,
  tsNs: bigint,
  range: readonly [SecRange, SecRange] | undefined,
): string {
  const { addr, flags } = address;
  const exact = (sec: number): SecRange => ({ min: sec, max: sec });
  const valid = range?.[0] ?? exact(secondsOf(address.validUntil, tsNs));
  const preferred = range?.[1] ?? exact(secondsOf(address.preferredUntil, tsNs));
  const prefix = prefix6From(addr, 64);
  const lifetimes = `valid ${rangeText(valid)} preferred ${rangeText(preferred)}`;
  if ((flags & TEMPORARY) !== 0) return `temp ${prefix} ${lifetimes}`;
  const net = prefix.slice(0, -'/64'.length);
  if ((flags & STABLE) !== 0) return `addr ${net}STABLE ${lifetimes}`;
  const name = addr === eui64(addr, lladdr) ? `${net}EUI` : addr;
  return `addr ${name} ${lifetimes}`;
}

/** The address of this prefix by the modified EUI-64 of a MAC address. */
export function eui64(prefix: Addr6, lladdr: string): Addr6 {
  const [a, b] = addr6Words(prefix);
  const mac = lladdr.split(':').map((octet) => Number.parseInt(octet, 16));
  const word = (...octets: number[]): number =>
    octets.reduce((sum, octet) => sum * 256 + octet, 0) >>> 0;
  const [m0 = 0, m1 = 0, m2 = 0, m3 = 0, m4 = 0, m5 = 0] = mac;
  return addr6FromWords(a, b, word(m0 ^ 2, m1, m2, 0xff), word(0xfe, m3, m4, m5));
}

function routeLine(route: Route, tsNs: bigint): string {
  const dst = `${route.dst}/${route.dstLen}`;
  const pref = PREF[(route.flags >>> 27) & 3];
  const expires = ` expires ${secText(secondsOf(route.expiresNs, tsNs))}`;
  if (route.gateway === '::') return `on-link ${dst} metric ${route.metric}${expires}`;
  const rest = `metric ${route.metric} pref ${pref}${expires}`;
  if (route.dstLen === 0) return `router ${route.gateway} ${rest}`;
  return `rio ${dst} via ${route.gateway} ${rest}`;
}

function settingLines(settings: Settings): string[] {
  const out: string[] = [];
  const say = (name: string, field: keyof Settings): void => {
    const value = settings[field];
    if (value !== FRESH[field]) out.push(value === true ? name : `${name} ${value}`);
  };
  say('hop-limit', 'hopLimit');
  say('mtu', 'mtu6');
  say('retrans', 'retransMs');
  say('reachable', 'reachableMs');
  say('managed', 'managed');
  say('other', 'other');
  return out;
}

export function settingsAfter(before: Settings, { params }: RaPrediction): Settings {
  return {
    hopLimit: params.hopLimit ?? before.hopLimit,
    mtu6: params.mtu6 ?? before.mtu6,
    retransMs: params.retransMs ?? before.retransMs,
    reachableMs: params.reachableMs ?? before.reachableMs,
    managed: params.managed ?? before.managed,
    other: params.other ?? before.other,
  };
}

function secText(sec: number): string {
  return sec === INFINITY_SEC ? 'never' : `${sec}`;
}

function rangeText({ min, max }: SecRange): string {
  return min === max ? secText(min) : `${min}..${secText(max)}`;
}

/** Whether the observed lines are the expected ones, times within `slackSec`. */
export function alike(
  observed: readonly string[],
  expected: readonly string[],
  slackSec: number,
): boolean {
  const left = [...observed];
  for (const line of expected) {
    const at = left.findIndex((candidate) => lineFits(candidate, line, slackSec));
    if (at < 0) return false;
    left.splice(at, 1);
  }
  return left.length === 0;
}

const TIMED = new Set(['valid', 'preferred', 'expires']);

function lineFits(observed: string, expected: string, slackSec: number): boolean {
  const a = observed.split(' ');
  const b = expected.split(' ');
  if (a.length !== b.length) return false;
  return b.every((word, i) => {
    if (word === a[i]) return true;
    const timed = TIMED.has(b[i - 1] ?? '');
    const slack = timed ? slackSec : b[i - 1] === 'retrans' ? 10 : 0;
    const [min = '', max = min] = word.split('..');
    const value = Number(a[i]);
    return value >= Number(min) - slack && value <= Number(max) + slack;
  });
}
