/** What a decision used, and to which PvD the kernel and the RAs say that it belongs. */

import type { PvdId } from '../../net/pvd-id.ts';
import { addressKey } from '../../state/snapshot.ts';
import { broken, type Holding } from '../invariant.ts';
import type { DecisionObservation } from '../observation.ts';
import { pvdText } from './flow.ts';

/** The source of a flow, where the kernel tells what it belongs to. */
export function sourceTag({ outcome, snapshot }: DecisionObservation): Holding {
  const source = snapshot.addresses.get(addressKey(outcome.nhOif, outcome.saddr));
  if (source?.attribution.pvd === undefined) return 'not-applicable';
  const { netPvds, attribution, addr } = source;
  if (netPvds === undefined) return 'unobservable';
  if (netPvds.includes(attribution.pvd as PvdId)) return 'holds';
  const is = netPvds.length === 0 ? pvdText(undefined) : netPvds.join(', ');
  return broken(`${addr} is in ${is}; the last RA with it is of ${attribution.pvd}`);
}

/** The route of a decision, likewise. */
export function routeTag({ outcome, snapshot }: DecisionObservation): Holding {
  const route = outcome.entry === undefined ? undefined : snapshot.routes.get(outcome.entry);
  if (route?.attribution.pvd === undefined) return 'not-applicable';
  const { netPvd, attribution, dst, dstLen } = route;
  if (netPvd === undefined) return 'unobservable';
  if (netPvd === attribution.pvd) return 'holds';
  const is = `${dst}/${dstLen} is in ${pvdText(netPvd ?? undefined)}`;
  return broken(`${is}; the last RA with it is of ${attribution.pvd}`);
}
