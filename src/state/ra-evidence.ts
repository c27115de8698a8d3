/**
 * What a kernel makes of an accepted RA: the options it acts on, by the keys that addresses
 * and routes claim. Follows `ndisc_router_discovery()`, `rt6_route_rcv()` and
 * `addrconf_prefix_rcv()`, which look at the options outside the PvD option only.
 */

import type { Devconf } from '../decode/event.ts';
import type { Pio } from '../decode/nd/pio.ts';
import type { Rio } from '../decode/nd/rio.ts';
import { isLinkLocal, isMulticast } from '../net/addr6.ts';
import { endOf, type Instant, NS_PER_SEC } from '../net/instant.ts';
import { prefixAddr, prefixLen } from '../net/prefix6.ts';
import { optionKey } from './attribution.ts';
import type { Evidence } from './attribution-index.ts';
import type { RaContent } from './ra-content.ts';

/** Settings of the interface; what is not known is taken as the default. */
export type RaSettings = Pick<
  Devconf,
  | 'acceptRaDefrtr'
  | 'acceptRaMinLft'
  | 'acceptRaPinfo'
  | 'acceptRaRtrPref'
  | 'acceptRaRtInfoMinPlen'
  | 'acceptRaRtInfoMaxPlen'
  | 'autoconf'
>;

/** As permissive as can be: without devconf, what exists proves that it was allowed. */
const ALL_ALLOWED: RaSettings = {
  acceptRaDefrtr: 1,
  acceptRaMinLft: 0,
  acceptRaPinfo: 1,
  acceptRaRtrPref: 1,
  acceptRaRtInfoMinPlen: 0,
  acceptRaRtInfoMaxPlen: 128,
  autoconf: 1,
};

/** Key → evidence. A lifetime of 0 is evidence too: it is about what is there already. */
export function evidenceOf(content: RaContent, devconf?: RaSettings): Map<string, Evidence> {
  const conf = devconf ?? ALL_ALLOWED;
  const { ra, pvd, outerHeader } = content;
  const found = new Map<string, Evidence>();
  const add = (key: string, code: Evidence['code'], until: Instant | undefined): void => {
    found.set(key, { pvd: pvd.id, code, ra, until });
  };
  const lft = outerHeader.lifetimeSec;
  if (conf.acceptRaDefrtr !== 0 && isLongEnough(lft, conf)) {
    const until = ra.tsNs + BigInt(lft) * NS_PER_SEC;
    add(optionKey.router(ra.ifindex, ra.router), 'ra-router', until);
  }
  for (const { option, nested } of content.options) {
    if (nested) continue;
    if (option.kind === 'pio') addPio(content, option, conf, add);
    if (option.kind === 'rio' && actsOnRio(option, conf)) {
      const until = endOf(ra.tsNs, option.lifetimeSec);
      if (prefixLen(option.prefix) > 0) {
        add(optionKey.rio(ra.ifindex, ra.router, option.prefix), 'ra-rio', until);
      } else if (lft === 0 && option.lifetimeSec > 0) {
        add(optionKey.router(ra.ifindex, ra.router), 'ra-rio', until);
      }
    }
  }
  return found;
}

function isLongEnough(lifetimeSec: number, conf: RaSettings): boolean {
  return lifetimeSec === 0 || lifetimeSec >= conf.acceptRaMinLft;
}

function addPio(
  { ra }: RaContent,
  pio: Pio,
  conf: RaSettings,
  add: (key: string, code: 'ra-pio', until: Instant | undefined) => void,
): void {
  const addr = prefixAddr(pio.prefix);
  if (conf.acceptRaPinfo === 0 || !isLongEnough(pio.validSec, conf)) return;
  if (isLinkLocal(addr) || isMulticast(addr) || pio.preferredSec > pio.validSec) return;
  const until = endOf(ra.tsNs, pio.validSec);
  if (pio.onLink) add(optionKey.onLink(ra.ifindex, pio.prefix), 'ra-pio', until);
  if (pio.autonomous && conf.autoconf !== 0 && prefixLen(pio.prefix) === 64) {
    add(optionKey.autonomous(ra.ifindex, pio.prefix), 'ra-pio', until);
  }
}

function actsOnRio({ prefix, preference, lifetimeSec }: Rio, conf: RaSettings): boolean {
  const plen = prefixLen(prefix);
  if (conf.acceptRaRtrPref === 0 || preference === 'reserved') return false;
  if (plen === 0 && conf.acceptRaDefrtr === 0) return false;
  if (plen < conf.acceptRaRtInfoMinPlen || plen > conf.acceptRaRtInfoMaxPlen) return false;
  return isLongEnough(lifetimeSec, conf);
}
