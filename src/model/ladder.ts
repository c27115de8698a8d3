/** The rule ladder: what a decision went through, step by step, as data. */

import type { Fib6Entry } from '../decode/event.ts';
import type { Addr6 } from '../net/addr6.ts';
import type { PvdId } from '../net/pvd-id.ts';
import type { SaddrRule } from './profile.ts';

/** Why a route was passed over. */
export type RouteLoss =
  | 'expired'
  | 'dead'
  | 'linkdown'
  | 'other-device'
  | 'unreachable'
  | 'other-pvd'
  | 'lower-score';

export type Step =
  | {
      /** Only for bound flows: what of the binding serves; none when all of it is gone. */
      readonly step: 'binding';
      readonly pvds: readonly PvdId[];
    }
  | {
      readonly step: 'lookup';
      readonly saddr: Addr6;
      readonly oif: number;
      readonly strict: boolean;
    }
  | {
      readonly step: 'rule';
      readonly pref: number;
      readonly action: string;
      readonly matched: boolean;
      /** Selector that did not match, or what became of the action. */
      readonly why: string;
    }
  | { readonly step: 'table'; readonly table: number }
  | { readonly step: 'pass'; readonly reachableOnly: boolean }
  | { readonly step: 'node'; readonly prefix: string; readonly from: string | undefined }
  | {
      readonly step: 'entry';
      readonly id: bigint | undefined;
      readonly route: string;
      readonly metric: number;
      readonly score: number;
      readonly loss: RouteLoss | undefined;
    }
  | {
      readonly step: 'multipath';
      readonly hash: number;
      readonly of: number;
      readonly chosen: string;
      readonly why: string;
    }
  | { readonly step: 'route'; readonly route: string; readonly error: number }
  | { readonly step: 'prefsrc'; readonly saddr: Addr6 }
  | {
      readonly step: 'saddr';
      readonly addr: Addr6;
      readonly ifindex: number;
      /** Rule that decided against the best so far; undefined for the first candidate. */
      readonly rule: SaddrRule | 'order' | undefined;
      readonly against: Addr6 | undefined;
      readonly won: boolean;
      readonly excluded: string | undefined;
    }
  | { readonly step: 'source'; readonly saddr: Addr6; readonly error: number }
  | { readonly step: 'detour'; readonly why: string };

/** Text of a route for people: `2001:db8::/32 via fe80::1 dev 2 metric 1024`. */
export function routeText(route: Fib6Entry | undefined): string {
  if (route === undefined) return 'null entry';
  const from = route.srcLen > 0 ? ` from ${route.src}/${route.srcLen}` : '';
  const via = route.gateway === '::' ? '' : ` via ${route.gateway}`;
  const through = route.nhId ? ` nhid ${route.nhId}` : `${via} dev ${route.oif}`;
  return `${route.dst}/${route.dstLen}${from}${through} metric ${route.metric}`;
}
