/**
 * Judges what a kernel made of a Router Advertisement: each difference from the prediction has
 * a code, and one is enough to say that the kernel did not follow its algorithm.
 */

import type { PredictedParams, RaPrediction } from '../model/ra-prediction.ts';
import type { Change } from '../state/change.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { addressDifferences } from './ra-effect-address.ts';
import { routeDifferences } from './ra-effect-route.ts';
import type { UndecidedReason, Verdict } from './verdict.ts';

/** Every way to differ. */
export const RA_DIFFERENCES = {
  'ra.accepted': 'an RA was used that the kernel drops or does not accept',
  'ra.not-accepted': 'an RA was not used that the kernel accepts',
  'ra.address-missing': 'an address that the RA makes or keeps is not there',
  'ra.address-unexpected': 'an address came that the RA does not make',
  'ra.route-missing': 'a route that the RA makes or keeps is not there',
  'ra.route-unexpected': 'a route came or stayed that the RA does not make or takes away',
  'ra.lifetime': 'a lifetime is not what the RA and the rules for it give',
  'ra.metric': 'the metric of a route is another',
  'ra.preference': 'the preference of a route is another (RFC 4191)',
  'ra.hop-limit': 'the hop limit of the interface is another',
  'ra.mtu': 'the IPv6 MTU of the interface is another',
  'ra.nested-effect':
    'what stands inside the PvD option had an effect on a kernel that does not know PvD (RFC 8801, 3.3)',
} as const;

export type RaDifferenceCode = keyof typeof RA_DIFFERENCES;

export interface RaDifference {
  readonly code: RaDifferenceCode;
  /** One sentence with the values that show it. */
  readonly evidence: string;
}

export interface RaJudgement {
  readonly verdict: Verdict;
  /** None unless the verdict is `diverge`. */
  readonly differences: readonly RaDifference[];
}

/** What the kernel did, between `ndisc_rcv()`'s entry and its exit. */
export interface RaObservation {
  readonly ifindex: number;
  /** The state at the exit. */
  readonly after: Snapshot;
  /** What changed from entry to exit. */
  readonly changes: readonly Change[];
  /** Whether it took the RA; undefined when that is not known. */
  readonly accepted: boolean | undefined;
  /** How far apart lifetimes may be: jiffies, and the time the RA took. Default 1. */
  readonly slackSec?: number;
  /** Why the state cannot be relied on. */
  readonly doubt?: UndecidedReason;
}

/**
 * Compares. `ideal` is the prediction of the same RA by the RFCs: it tells an effect of what is
 * nested in the PvD option from one that nothing explains.
 */
export function judgeRa(
  prediction: RaPrediction,
  observation: RaObservation,
  ideal?: RaPrediction,
): RaJudgement {
  const { doubt } = observation;
  if (doubt !== undefined) return undecided(doubt);
  if (prediction.undecided !== undefined) return undecided(`unmodelled:ra-${prediction.undecided}`);
  const differences = [
    ...acceptance(prediction, observation),
    ...addressDifferences(prediction, observation, ideal),
    ...routeDifferences(prediction, observation, ideal),
    ...settings(prediction, observation, ideal),
  ];
  if (differences.length > 0) return { verdict: { verdict: 'diverge' }, differences };
  return { verdict: { verdict: 'agree', raced: false }, differences };
}

function undecided(reason: UndecidedReason): RaJudgement {
  return { verdict: { verdict: 'undecided', reason }, differences: [] };
}

function acceptance(prediction: RaPrediction, { accepted }: RaObservation): RaDifference[] {
  if (accepted === undefined || accepted === prediction.accepted) return [];
  const { reason } = prediction;
  return [
    accepted
      ? { code: 'ra.accepted', evidence: `expected to be left aside (${reason})` }
      : { code: 'ra.not-accepted', evidence: 'expected to be accepted' },
  ];
}

/** Settings of the interface that the replica knows. */
function settings(
  { params, had }: RaPrediction,
  { after, ifindex }: RaObservation,
  ideal: RaPrediction | undefined,
): RaDifference[] {
  const conf = after.devconf.get(ifindex);
  if (conf === undefined || had === undefined) return [];
  const out: RaDifference[] = [];
  const compare = (code: RaDifferenceCode, field: 'hopLimit' | 'mtu6', what: string): void => {
    const wanted = params[field] ?? had[field];
    const found = conf[field];
    if (found === wanted) return;
    const nested = isNestedValue(params, ideal?.params, field, found);
    const evidence = `${what} ${found}, expected ${wanted}`;
    out.push({ code: nested ? 'ra.nested-effect' : code, evidence });
  };
  compare('ra.hop-limit', 'hopLimit', 'hop limit');
  compare('ra.mtu', 'mtu6', 'IPv6 MTU');
  return out;
}

function isNestedValue(
  params: PredictedParams,
  ideal: PredictedParams | undefined,
  field: 'hopLimit' | 'mtu6',
  found: number,
): boolean {
  return ideal !== undefined && ideal[field] !== params[field] && ideal[field] === found;
}
