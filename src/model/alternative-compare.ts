/** Where an alternative gives another answer than a kernel that knows PvDs, and why. */

import { type Addr6, ANY6, isLinkLocal, isMulticast } from '../net/addr6.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { type Alternative, type AlternativeKind, type Reason, reason } from './alternative.ts';
import { asPbr } from './alternative-pbr.ts';
import { bindingOf, type Translated, translate } from './alternative-query.ts';
import { asVrf } from './alternative-vrf.ts';
import { predict, refusal } from './predict.ts';
import {
  LINUX,
  LINUX_PVD,
  type MultiPvd,
  type Profile,
  type Quirks,
  withQuirks,
} from './profile.ts';
import type { Outcome, Prediction, Query } from './query.ts';

/** How to compare: quirks of the kernel both run on, and what a binding to several PvDs means. */
export interface CompareOptions {
  readonly quirks?: Partial<Quirks> | undefined;
  readonly multiPvd?: MultiPvd | undefined;
  readonly explain?: boolean | undefined;
}

export interface Comparison {
  readonly kind: AlternativeKind;
  /** By profile `linux-pvd`. */
  readonly patch: Prediction;
  /** By profile `linux` on the alternative's state. */
  readonly alternative: Prediction;
  /** The question as the alternative was asked; undefined when it cannot be. */
  readonly asked: Query | undefined;
  /** Both allow the same answers; every refusal is the same. */
  readonly same: boolean;
  /** Why not, for this flow; empty when they are the same. */
  readonly reasons: readonly Reason[];
}

/** The state with its PvDs as policy-based routing, or as VRFs. */
export function asAlternative(snapshot: Snapshot, kind: AlternativeKind): Alternative {
  return kind === 'pbr' ? asPbr(snapshot) : asVrf(snapshot);
}

/** Asks both. `alternative` is made of `snapshot`. */
export function compare(
  snapshot: Snapshot,
  alternative: Alternative,
  query: Query,
  { quirks = {}, multiPvd = 'union', explain = false }: CompareOptions = {},
): Comparison {
  const profile = { ...withQuirks(LINUX_PVD, quirks), multiPvd };
  const patch = predict(snapshot, query, profile, explain);
  const translated = translate(alternative, query, multiPvd);
  const { query: asked } = translated;
  const stock = withQuirks(LINUX, quirks);
  const answer =
    asked === undefined
      ? refusal(translated.error)
      : predict(alternative.snapshot, asked, stock, explain);
  const same = answersOf(patch) === answersOf(answer);
  const why = alternative.kind === 'pbr' ? pbrReasons : vrfReasons;
  return {
    kind: alternative.kind,
    patch,
    alternative: answer,
    asked,
    same,
    reasons: same
      ? []
      : why({ snapshot, alternative, query, patch, answer, translated, profile: stock }),
  };
}

/** The answers as one text: next hop, its device and the source. That of a local one is the host's. */
function answersOf({ outcomes, undecided }: Prediction): string {
  return [undecided ?? '', ...outcomes.map((o) => `${routeOf(o)} ${sourceOf(o)}`).sort()].join('|');
}

function routeOf(o: Outcome): string {
  return o.error === 0 ? `${o.gateway} ${o.nhOif}` : 'refused';
}

function sourceOf(o: Outcome): string {
  return o.error === 0 ? o.saddr : '';
}

interface Difference {
  readonly snapshot: Snapshot;
  readonly alternative: Alternative;
  readonly query: Query;
  readonly patch: Prediction;
  readonly answer: Prediction;
  readonly translated: Translated;
  /** Of the alternative. */
  readonly profile: Profile;
}

function pbrReasons(d: Difference): Reason[] {
  const binding = bindingOf(d.query) ?? [];
  const found = [...d.translated.reasons];
  const isBound = binding.length > 0;
  if (isBySource(d, isBound)) {
    found.push(isBound ? reason('source-unrestricted', binding) : reason('no-rule-5.5'));
  } else if (binding.length > 1) found.push(reason('tables-in-turn', binding));
  found.push(...gapsOf(d, binding));
  return found.length > 0 ? found : [reason('copied-routes', binding)];
}

/** Whether it is the source that differs, or that led to another route or to none. */
function isBySource(d: Difference, isBound: boolean): boolean {
  if (routesOf(d.patch) === routesOf(d.answer)) return true;
  // EADDRNOTAVAIL of the patch: the PvD has no source, so PBR borrowed one.
  if (isRefused(d.patch)) return isBound && !isRefused(d.answer);
  const { query } = d.translated;
  const [chosen] = d.patch.outcomes;
  if (query?.kind !== 'flow' || (query.saddr ?? ANY6) !== ANY6 || chosen === undefined)
    return false;
  const asIf = predict(d.alternative.snapshot, { ...query, saddr: chosen.saddr }, d.profile);
  return routesOf(asIf) === routesOf(d.patch);
}

function vrfReasons(d: Difference): Reason[] {
  const { query, snapshot, translated } = d;
  const binding = bindingOf(query) ?? [];
  const found = [...translated.reasons];
  if (binding.length === 0) found.push(reason('unbound-flows'));
  if (isLinkLocal(query.daddr) || isMulticast(query.daddr)) found.push(reason('link-scope'));
  else if (isOwn(snapshot, query.daddr)) found.push(reason('own-addresses', binding));
  else if (isRefused(d.patch) && d.answer.outcomes.some(({ saddr }) => isLinkLocal(saddr))) {
    found.push(reason('link-local-source', binding));
  }
  found.push(...gapsOf(d, binding));
  return found.length > 0 ? found : [reason('outside-vrf', binding)];
}

/** What the state cannot give one of the PvDs at hand; all of it for a flow bound to none. */
function gapsOf({ alternative }: Difference, binding: readonly string[]): Reason[] {
  return alternative.gaps.filter(({ pvds }) => pvds.some((pvd) => binding.includes(pvd)));
}

function routesOf({ outcomes }: Prediction): string {
  return outcomes.map(routeOf).sort().join('|');
}

function isRefused({ outcomes }: Prediction): boolean {
  return outcomes.every((o) => o.error !== 0);
}

function isOwn(snapshot: Snapshot, daddr: Addr6): boolean {
  if (daddr === ANY6) return false;
  for (const { addr } of snapshot.addresses.values()) if (addr === daddr) return true;
  return false;
}
