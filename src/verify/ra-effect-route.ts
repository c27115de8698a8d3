/** Routes as an RA was predicted to leave them, and as they are. */

import type { Preference } from '../decode/nd/preference.ts';
import type { PredictedRoute, RaPrediction } from '../model/ra-prediction.ts';
import { prefix6From } from '../net/prefix6.ts';
import { claimOfRoute, optionKey } from '../state/attribution.ts';
import { routesClaiming } from '../state/ra-claimants.ts';
import type { Route } from '../state/snapshot.ts';
import type { RaDifference, RaDifferenceCode, RaObservation } from './ra-effect.ts';
import { isWithin, secondsOf, secText } from './ra-effect-address.ts';

const PREFERENCES: readonly Preference[] = ['medium', 'high', 'reserved', 'low'];
const RTF_PREF_SHIFT = 27;

export function routeDifferences(
  prediction: RaPrediction,
  observation: RaObservation,
  ideal: RaPrediction | undefined,
): RaDifference[] {
  const out: RaDifference[] = [];
  const explained = new Set<bigint>();
  for (const wanted of prediction.routes) {
    if (wanted.op === 'del') continue;
    const candidates = findRoutes(wanted, observation).filter(({ id }) => !explained.has(id));
    const found = candidates.find(({ metric }) => metric === wanted.metric) ?? candidates[0];
    if (found === undefined) {
      const { expiresNs } = wanted;
      if (expiresNs !== undefined && expiresNs <= observation.after.tsNs) continue;
      out.push({ code: 'ra.route-missing', evidence: `${nameOf(wanted)} is not there` });
      continue;
    }
    explained.add(found.id);
    out.push(...fieldDifferences(prediction, wanted, found, observation, ideal));
  }
  for (const wanted of prediction.routes) {
    if (wanted.op !== 'del') continue;
    const still = findRoutes(wanted, observation).find(
      ({ id, metric }) => metric === wanted.metric && !explained.has(id),
    );
    if (still === undefined) continue;
    explained.add(still.id);
    out.push({ code: 'ra.route-unexpected', evidence: `${nameOf(wanted)} is still there` });
  }
  return [...out, ...unexplained(prediction, observation, explained, ideal)];
}

function nameOf({ dst, gateway, metric }: PredictedRoute): string {
  return routeText(dst, gateway, metric);
}

function routeText(dst: string, gateway: string, metric: number): string {
  return `${dst}${gateway === '::' ? '' : ` via ${gateway}`} metric ${metric}`;
}

/** Candidates of the same kind, destination and gateway. */
function findRoutes(wanted: PredictedRoute, { after, ifindex }: RaObservation): Route[] {
  const { kind, dst, gateway, was, table } = wanted;
  if (kind === 'foreign') {
    return [...after.routes.values()].filter((route) => was !== undefined && isSame(route, was));
  }
  const key = {
    router: () => optionKey.router(ifindex, gateway),
    rio: () => optionKey.rio(ifindex, gateway, dst),
    'on-link': () => optionKey.onLink(ifindex, dst),
  }[kind]();
  return routesClaiming(after, [key]).filter((route) => route.table === table);
}

function isSame(a: Route, b: Route): boolean {
  return (
    a.dst === b.dst &&
    a.dstLen === b.dstLen &&
    a.gateway === b.gateway &&
    a.metric === b.metric &&
    a.oif === b.oif &&
    a.table === b.table
  );
}

function fieldDifferences(
  { tsNs }: RaPrediction,
  wanted: PredictedRoute,
  found: Route,
  { slackSec = 1 }: RaObservation,
  ideal: RaPrediction | undefined,
): RaDifference[] {
  const out: RaDifference[] = [];
  const nested = ideal?.routes.find(
    (r) => r.nested && r.dst === wanted.dst && r.gateway === wanted.gateway,
  );
  const differ = (code: RaDifferenceCode, isNested: boolean, evidence: string): void => {
    out.push({ code: isNested ? 'ra.nested-effect' : code, evidence });
  };
  const name = nameOf(wanted);
  if (found.metric !== wanted.metric) {
    differ('ra.metric', false, `${name} has metric ${found.metric}`);
  }
  const has = secondsOf(found.expiresNs, tsNs);
  const wants = secondsOf(wanted.expiresNs, tsNs);
  const isLike = (sec: number): boolean => isWithin(has, { min: sec, max: sec }, slackSec);
  if (!isLike(wants)) {
    const likeNested = nested !== undefined && isLike(secondsOf(nested.expiresNs, tsNs));
    differ('ra.lifetime', likeNested, `${name}: ${secText(has)}, expected ${secText(wants)}`);
  }
  const preference = PREFERENCES[(found.flags >>> RTF_PREF_SHIFT) & 3] ?? 'medium';
  if (preference !== wanted.preference) {
    const evidence = `${name} has preference ${preference}, expected ${wanted.preference}`;
    differ('ra.preference', preference === nested?.preference, evidence);
  }
  return out;
}

/** Changes of routes of RAs over this interface that nothing explains. */
function unexplained(
  prediction: RaPrediction,
  { changes, ifindex, after }: RaObservation,
  explained: ReadonlySet<bigint>,
  ideal: RaPrediction | undefined,
): RaDifference[] {
  const out: RaDifference[] = [];
  const said = new Set<bigint>();
  for (const change of changes) {
    if (change.object !== 'route') continue;
    const { value } = change;
    if (value.oif !== ifindex || claimOfRoute(value).by !== 'ra') continue;
    if (explained.has(value.id) || said.has(value.id)) continue;
    const isThere = after.routes.has(value.id);
    const name = routeText(`${value.dst}/${value.dstLen}`, value.gateway, value.metric);
    if (change.op === 'del') {
      const isOver = value.expiresNs !== undefined && value.expiresNs <= after.tsNs;
      const isWanted = prediction.routes.some((r) => r.op === 'del' && isAbout(r, value));
      if (isThere || isOver || isWanted) continue;
      out.push({ code: 'ra.route-missing', evidence: `${name} is gone` });
    } else if (isThere) {
      const nested = ideal?.routes.some((r) => r.nested && isAbout(r, value));
      const code = nested ? 'ra.nested-effect' : 'ra.route-unexpected';
      out.push({ code, evidence: `${name} was ${change.op === 'new' ? 'made' : 'changed'}` });
    }
    said.add(value.id);
  }
  return out;
}

function isAbout({ dst, gateway }: PredictedRoute, route: Route): boolean {
  return gateway === route.gateway && dst === prefix6From(route.dst, route.dstLen);
}
