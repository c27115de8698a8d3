/** What an RA is predicted to do: the objects it touches, as they are afterwards. */

import type { Preference } from '../decode/nd/preference.ts';
import type { Addr6 } from '../net/addr6.ts';
import type { Instant } from '../net/instant.ts';
import type { Prefix6 } from '../net/prefix6.ts';
import type { PvdId } from '../net/pvd-id.ts';
import type { Address, Route } from '../state/snapshot.ts';
import type { DropReason } from './ra-offer.ts';

/** Made, left with other values (or the same, again), or taken away. */
export type EffectOp = 'new' | 'update' | 'del';

/** Seconds between two bounds: the desynchronisation of temporary addresses is random. */
export interface SecRange {
  readonly min: number;
  readonly max: number;
}

export interface PredictedAddress {
  readonly op: 'new' | 'update';
  /** Undefined: its interface identifier cannot be known (stable privacy, temporary). */
  readonly addr: Addr6 | undefined;
  readonly prefix: Prefix6;
  readonly temporary: boolean;
  /** `IFA_F_STABLE_PRIVACY` (RFC 7217). */
  readonly stablePrivacy: boolean;
  readonly optimistic: boolean;
  /** An address of a user: its lifetimes change, but `IFA_F_PERMANENT` hides them. */
  readonly permanent: boolean;
  /** From the time of the RA; 0xffffffff: for ever. */
  readonly validSec: SecRange;
  readonly preferredSec: SecRange;
  readonly pvd: PvdId;
  /** Only because of an option inside the PvD option. */
  readonly nested: boolean;
  /** The address that was there before; undefined for a new one. */
  readonly was: Address | undefined;
}

/**
 * `router`: header, or RIO for ::/0; `on-link`: PIO with L; `rio`: any other RIO; `foreign`: a route
 * of somebody else that was in the way and took over the expiry (`fib6_add_rt2node()`).
 */
export type RouteKind = 'router' | 'on-link' | 'rio' | 'foreign';

export interface PredictedRoute {
  readonly op: EffectOp;
  readonly kind: RouteKind;
  readonly dst: Prefix6;
  /** `::` for an on-link route. */
  readonly gateway: Addr6;
  /** Undefined: a VRF's that is not known. */
  readonly table: number | undefined;
  readonly metric: number;
  readonly preference: Preference;
  /** Undefined: never. */
  readonly expiresNs: Instant | undefined;
  readonly pvd: PvdId;
  readonly nested: boolean;
  readonly was: Route | undefined;
}

/** What the interface is set to; undefined: this RA leaves it as it is. */
export interface PredictedParams {
  readonly hopLimit: number | undefined;
  readonly mtu6: number | undefined;
  readonly retransMs: number | undefined;
  readonly reachableMs: number | undefined;
  readonly managed: boolean | undefined;
  readonly other: boolean | undefined;
}

export const NO_PARAMS: PredictedParams = {
  hopLimit: undefined,
  mtu6: undefined,
  retransMs: undefined,
  reachableMs: undefined,
  managed: undefined,
  other: undefined,
};

/**
 * Why the kernel gives up in the middle of an accepted RA. `dflt-refused`: its default route cannot
 * be added, since a route that is not of RAs is in the way, or the gateway is the host itself.
 */
export type RaEnd = 'dflt-refused' | 'lladdr-length';

export interface RaPrediction {
  /** When the RA came. */
  readonly tsNs: Instant;
  readonly accepted: boolean;
  /** Why it is not accepted; `accept-ra`: the interface's settings. */
  readonly reason: DropReason | 'accept-ra' | undefined;
  readonly ended: RaEnd | undefined;
  /** The PvD it configures (RFC 8801, section 3.4); undefined when every host drops it. */
  readonly pvd: PvdId | undefined;
  readonly addresses: readonly PredictedAddress[];
  /** Addresses of the interface that the RA is not about. */
  readonly others: readonly Address[];
  readonly routes: readonly PredictedRoute[];
  readonly params: PredictedParams;
  /** What the interface was set to before; undefined when it is not known. */
  readonly had: { readonly hopLimit: number; readonly mtu6: number } | undefined;
  /** What the model does not know, so that nothing, or not all, is predicted. */
  readonly undecided: string | undefined;
}
