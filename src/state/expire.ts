/**
 * Lifetimes. The kernel removes addresses and routes itself, some time after they ended
 * (`addrconf_verify_rtnl()`, `fib6_run_gc()`), and tells: until then they stay in the replica and
 * are known to be over. Members of PvDs are ours to remove, see `expirePvds`.
 */

import type { Instant } from '../net/instant.ts';
import type { Address, Route } from './snapshot.ts';

/** Whether a route's lifetime is over: lookups pass it by from then on (`fib6_check_expired()`). */
export function isRouteExpired(route: Pick<Route, 'expiresNs'>, now: Instant): boolean {
  return route.expiresNs !== undefined && now > route.expiresNs;
}

/** Whether an address' valid lifetime is over. Source selection goes by flags, not by this. */
export function isAddressExpired(address: Pick<Address, 'validUntil'>, now: Instant): boolean {
  return address.validUntil !== undefined && now >= address.validUntil;
}
