/**
 * Which PvDs a route or an address is of, as decisions see it. A kernel that knows PvDs decides by
 * its own association, whatever was concluded from RAs.
 */

import type { PvdId } from '../net/pvd-id.ts';
import type { Address, Route } from '../state/snapshot.ts';

export function pvdOfRoute({ netPvd, attribution }: Route): PvdId | undefined {
  return netPvd === undefined ? attribution.pvd : (netPvd ?? undefined);
}

/** That of the RA first: a kernel leaves an address in the PvDs it once was in. */
export function pvdsOfAddress({ netPvds, attribution: { pvd } }: Address): readonly PvdId[] {
  if (netPvds === undefined) return pvd === undefined ? [] : [pvd];
  if (pvd === undefined || !netPvds.includes(pvd)) return netPvds;
  return [pvd, ...netPvds.filter((other) => other !== pvd)];
}
