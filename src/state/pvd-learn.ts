/** What one accepted RA changes in its PvD. */

import type { DecodedOption } from '../decode/nd/option.ts';
import type { Pio } from '../decode/nd/pio.ts';
import type { RaPvdOption } from '../decode/nd/ra-pvds.ts';
import { type Addr6, ANY6, isLinkLocal, isMulticast } from '../net/addr6.ts';
import { endOf, type Instant, NS_PER_SEC } from '../net/instant.ts';
import { prefixAddr } from '../net/prefix6.ts';
import { type Context, refuse } from './context.ts';
import type { Limits } from './limits.ts';
import { HEARD_FOR_NS, type Kept, type PvdRecord, routerKey } from './pvd-record.ts';
import type { RaContent } from './ra-content.ts';
import type { PvdDns, PvdPrefix, PvdRouteInfo, RaRef } from './snapshot.ts';

/** Who said it, and whether inside the PvD option. */
interface Said {
  readonly router: Addr6;
  readonly ifindex: number;
  readonly nested: boolean;
}

/** A PvD nothing is known of yet but its identity. */
export function newRecord({ pvd, ra }: RaContent): PvdRecord {
  return {
    ifindex: ra.ifindex,
    mtu: undefined,
    firstSeenNs: ra.tsNs,
    lastSeenNs: ra.tsNs,
    raCount: 0,
    routers: new Map(),
    prefixes: new Map(),
    routeInfos: new Map(),
    rdnss: new Map(),
    dnssl: new Map(),
    nextExpiryNs: undefined,
    ...pvd,
  };
}

/** Updates the record; false when its table of routers is full and the RA was refused. */
export function learnRa(ctx: Context, record: PvdRecord, content: RaContent): boolean {
  if (!learnRouter(ctx, record, content)) return false;
  const { http, legacy, sequence, delay } = content.pvd;
  Object.assign(record, { http, legacy, sequence, delay, lastSeenNs: content.ra.tsNs });
  record.raCount++;
  const outer = new Set(
    content.options.filter((o) => !o.nested).map(({ option }) => nameOf(option)),
  );
  for (const said of content.options) {
    // A kernel that does not know PvD acts on the copy outside.
    const nested = said.nested && !outer.has(nameOf(said.option));
    learnOption(ctx, record, content, { ...said, nested });
  }
  return true;
}

/** Equal for two options about the same thing. */
function nameOf(option: DecodedOption): string {
  return option.kind === 'pio' || option.kind === 'rio'
    ? `${option.kind} ${option.prefix}`
    : `${option.kind} ${option.offset}`;
}

function learnRouter(ctx: Context, record: PvdRecord, { ra, header }: RaContent): boolean {
  const { router, ifindex, tsNs } = ra;
  const { lifetimeSec, preference, hopLimit, managed, other } = header;
  const value = {
    router,
    ifindex,
    // RFC 4191, section 2.2: the reserved value is taken as medium.
    preference: preference === 'reserved' ? 'medium' : preference,
    routerUntil: lifetimeSec === 0 ? undefined : tsNs + BigInt(lifetimeSec) * NS_PER_SEC,
    hopLimit,
    managed,
    other,
    lastRa: ra,
  } as const;
  return keep(ctx, record.routers, 'pvdRouters', routerKey(ifindex, router), {
    value,
    until: tsNs + HEARD_FOR_NS,
    ifindex,
    by: routerKey(ifindex, router),
  });
}

function learnOption(ctx: Context, record: PvdRecord, { ra }: RaContent, said: RaPvdOption): void {
  const { option, nested } = said;
  const from: Said = { router: ra.router, ifindex: ra.ifindex, nested };
  if (option.kind === 'pio') learnPio(ctx, record, ra, option, from);
  if (option.kind === 'mtu') record.mtu = option.mtuBytes;
  if (option.kind === 'rio' && option.preference !== 'reserved') {
    const { prefix, preference, lifetimeSec } = option;
    const value = { prefix, preference, until: endOf(ra.tsNs, lifetimeSec), ...from };
    say(ctx, record.routeInfos, 'pvdRouteInfos', prefix, value, value.until, lifetimeSec);
  }
  if (option.kind === 'rdnss') {
    const until = endOf(ra.tsNs, option.lifetimeSec);
    for (const addr of option.addrs) {
      if (isMulticast(addr) || addr === ANY6) continue;
      const value = { value: addr, until, ...from };
      say(ctx, record.rdnss, 'pvdRdnss', addr, value, until, option.lifetimeSec);
    }
  }
  if (option.kind === 'dnssl') {
    const until = endOf(ra.tsNs, option.lifetimeSec);
    for (const domain of option.domains) {
      const value = { value: domain, until, ...from };
      say(ctx, record.dnssl, 'pvdDnssl', domain.toLowerCase(), value, until, option.lifetimeSec);
    }
  }
}

/** RFC 4861, section 6.3.4, and RFC 4862, section 5.5.3, as Linux applies them to the whole option. */
function learnPio(ctx: Context, record: PvdRecord, ra: RaRef, pio: Pio, from: Said): void {
  const { prefix, onLink, autonomous, validSec, preferredSec } = pio;
  const addr = prefixAddr(prefix);
  if (isLinkLocal(addr) || isMulticast(addr) || preferredSec > validSec) return;
  const validUntil = endOf(ra.tsNs, validSec);
  const preferredUntil = endOf(ra.tsNs, preferredSec);
  const value = { prefix, onLink, autonomous, validUntil, preferredUntil, ...from };
  say(ctx, record.prefixes, 'pvdPrefixes', prefix, value, validUntil, validSec);
}

/** What a router says of a value holds for its lifetime; a lifetime of 0 takes it back. */
function say<T extends PvdPrefix | PvdRouteInfo | PvdDns>(
  ctx: Context,
  members: Map<string, Kept<T>>,
  bound: keyof Limits,
  name: string,
  value: T,
  until: Instant | undefined,
  lifetimeSec: number,
): void {
  const { router, ifindex } = value;
  const by = routerKey(ifindex, router);
  const key = `${by} ${name}`;
  if (lifetimeSec === 0) members.delete(key);
  else keep(ctx, members, bound, key, { value, until, ifindex, by });
}

function keep<T>(
  ctx: Context,
  members: Map<string, Kept<T>>,
  bound: keyof Limits,
  key: string,
  kept: Kept<T>,
): boolean {
  if (!members.has(key) && members.size >= ctx.limits[bound]) {
    refuse(ctx, bound);
    return false;
  }
  members.set(key, kept);
  return true;
}
