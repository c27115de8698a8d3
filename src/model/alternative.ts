/**
 * PvDs without a kernel that knows them: as policy-based routing, or as VRFs.
 *
 * Both are a transformation of the state of a stock kernel, and a translation of a bound flow
 * to what such a kernel can be told. The existing model (profile `linux`) answers for them.
 */

import type { PvdId } from '../net/pvd-id.ts';
import { blankRule } from '../state/rules.ts';
import type { Route, Rule, Snapshot } from '../state/snapshot.ts';
import { RT6_TABLE_LOCAL, RT6_TABLE_MAIN } from './constants.ts';

export type AlternativeKind = 'pbr' | 'vrf';

/** What stands for one PvD. */
export interface Domain {
  readonly pvd: PvdId;
  readonly table: number;
  /** `pbr`: bit of the mark; 0 when none was left. */
  readonly mark: number;
  /** `vrf`: index and name of the VRF device; 0 and `''` under `pbr`. */
  readonly ifindex: number;
  readonly name: string;
  /** `vrf`: devices it has. */
  readonly members: readonly number[];
}

/** Why an alternative cannot do what the patch does; texts are in alternative-reason.ts. */
export type ReasonCode =
  | 'source-unrestricted'
  | 'no-rule-5.5'
  | 'tables-in-turn'
  | 'copied-routes'
  | 'mark-taken'
  | 'no-mark-left'
  | 'shared-prefix'
  | 'interface-in-several-pvds'
  | 'interface-has-master'
  | 'pvd-without-interface'
  | 'unbound-flows'
  | 'one-device'
  | 'device-taken'
  | 'link-scope'
  | 'own-addresses'
  | 'no-such-pvd'
  | 'link-local-source'
  | 'outside-vrf';

/** One case of it: the PvDs and the device it is about. */
export interface Reason {
  readonly code: ReasonCode;
  readonly pvds: readonly PvdId[];
  /** 0 for none. */
  readonly ifindex: number;
}

export interface Alternative {
  readonly kind: AlternativeKind;
  readonly domains: readonly Domain[];
  /** The state once it is realised. */
  readonly snapshot: Snapshot;
  /** Rules it has more than before. */
  readonly rules: readonly Rule[];
  /** `pbr`: the copies; `vrf`: all routes of enslaved devices. */
  readonly routes: readonly Route[];
  /** What this state needs and cannot get, whatever the flow. */
  readonly gaps: readonly Reason[];
}

/** Numbers of tables, and preferences of rules, start at RFC 8801's. */
const FIRST_TABLE = 8801;

/** PvDs of a state: as the registry has them, then those only members name. */
export function pvdsOf(snapshot: Snapshot): PvdId[] {
  const found = new Set<PvdId>(snapshot.pvds.keys());
  for (const { attribution } of snapshot.addresses.values()) {
    if (attribution.pvd !== undefined) found.add(attribution.pvd);
  }
  for (const { attribution } of snapshot.routes.values()) {
    if (attribution.pvd !== undefined) found.add(attribution.pvd);
  }
  return [...found];
}

/** As many table numbers that nothing uses. */
export function freeTables(snapshot: Snapshot, count: number): number[] {
  const used = new Set<number>();
  for (const route of snapshot.routes.values()) used.add(route.table);
  for (const rule of snapshot.rules) used.add(rule.table);
  for (const link of snapshot.links.values()) used.add(link.l3mdevTable ?? 0);
  const free: number[] = [];
  for (let table = FIRST_TABLE; free.length < count; table++) {
    if (!used.has(table)) free.push(table);
  }
  return free;
}

/** All rules in order; `fib6_rules_net_init()` gave the two that an untouched netns has. */
export function withRules(before: readonly Rule[], added: readonly Rule[]): Rule[] {
  const own =
    before.length > 0
      ? before
      : [
          { ...blankRule(-1n, 0), table: RT6_TABLE_LOCAL, protocol: 2 },
          { ...blankRule(-2n, 32766), table: RT6_TABLE_MAIN, protocol: 2 },
        ];
  return [...own, ...added].sort((a, b) => a.pref - b.pref);
}

/** Prefixes that several PvDs announce on one device: the kernel keeps one route and address of them. */
export function sharedPrefixes(snapshot: Snapshot): Reason[] {
  const owners = new Map<string, Set<PvdId>>();
  for (const { id, prefixes } of snapshot.pvds.values()) {
    for (const { prefix, ifindex, nested } of prefixes) {
      if (nested === true) continue;
      const key = `${ifindex} ${prefix}`;
      owners.set(key, (owners.get(key) ?? new Set()).add(id));
    }
  }
  return [...owners]
    .filter(([, pvds]) => pvds.size > 1)
    .map(([key, pvds]) => reason('shared-prefix', [...pvds], Number.parseInt(key, 10)));
}

export function reason(code: ReasonCode, pvds: readonly PvdId[] = [], ifindex = 0): Reason {
  return { code, pvds, ifindex };
}
