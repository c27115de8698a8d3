/**
 * Which PvDs a route or an address is of, as decisions see it. A kernel that knows PvDs decides by
 * its own association, whatever was concluded from RAs.
 */

import type { PvdId } from '../net/pvd-id.ts';
import type { Address, Route } from '../state/snapshot.ts';

export function pvdOfRoute({ netPvd, attribution }: Route): PvdId | undefined {
  return netPvd === undefined ? attribution.pvd : (netPvd ?? undefined);
}

export function pvdsOfAddress({ netPvds, attribution: { pvd } }: Address): readonly PvdId[] {
  return netPvds ?? (pvd === undefined ? [] : [pvd]);
}
