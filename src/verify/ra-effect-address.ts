/** Addresses as an RA was predicted to leave them, and as they are. */

import type { PredictedAddress, RaPrediction, SecRange } from '../model/ra-prediction.ts';
import { INFINITY_SEC, type Instant, NS_PER_SEC } from '../net/instant.ts';
import { prefixContains } from '../net/prefix6.ts';
import { claimOfAddress } from '../state/attribution.ts';
import { type Address, addressKey } from '../state/snapshot.ts';
import type { RaDifference, RaObservation } from './ra-effect.ts';

const IFA_F_TEMPORARY = 0x01;
const IFA_F_STABLE_PRIVACY = 0x800;

export function addressDifferences(
  prediction: RaPrediction,
  observation: RaObservation,
  ideal: RaPrediction | undefined,
): RaDifference[] {
  const out: RaDifference[] = [];
  const explained = new Set<string>();
  for (const wanted of prediction.addresses) {
    const found = findAddress(wanted, observation, explained);
    if (found === undefined) {
      out.push({ code: 'ra.address-missing', evidence: `${nameOf(wanted)} is not there` });
      continue;
    }
    explained.add(found.addr);
    if (wanted.permanent) continue;
    const wrong = lifetimeDifference(prediction, wanted, found, observation);
    if (wrong !== undefined) out.push(wrong);
  }
  for (const other of prediction.others) {
    explained.add(other.addr);
    out.push(...leftAlone(prediction, other, observation));
  }
  for (const change of observation.changes) {
    if (change.object !== 'address' || change.op !== 'new') continue;
    const { value } = change;
    if (value.ifindex !== observation.ifindex || explained.has(value.addr)) continue;
    if (claimOfAddress(value).by !== 'ra') continue;
    const nested = ideal?.addresses.some(
      (a) => a.nested && prefixContains(a.prefix, value.addr) && a.op === 'new',
    );
    const code = nested ? 'ra.nested-effect' : 'ra.address-unexpected';
    out.push({ code, evidence: `${value.addr}/${value.prefixLen} was made` });
  }
  return out;
}

function nameOf({ addr, prefix, temporary, stablePrivacy }: PredictedAddress): string {
  if (addr !== undefined) return addr;
  const kind = temporary ? 'temporary' : stablePrivacy ? 'stable-privacy' : 'SLAAC';
  return `${kind} address in ${prefix}`;
}

/** One that cannot be named beforehand is any of its kind that no other prediction explains. */
function findAddress(
  wanted: PredictedAddress,
  observation: RaObservation,
  explained: ReadonlySet<string>,
): Address | undefined {
  const { after, ifindex, changes } = observation;
  const addr = wanted.addr ?? wanted.was?.addr;
  if (addr !== undefined) return after.addresses.get(addressKey(ifindex, addr));
  for (const change of changes) {
    if (change.object !== 'address' || change.op !== 'new') continue;
    const { value } = change;
    if (value.ifindex !== ifindex || explained.has(value.addr)) continue;
    if (!prefixContains(wanted.prefix, value.addr)) continue;
    const isTemporary = (value.flags & IFA_F_TEMPORARY) !== 0;
    const isStable = (value.flags & IFA_F_STABLE_PRIVACY) !== 0;
    if (isTemporary !== wanted.temporary || isStable !== wanted.stablePrivacy) continue;
    return after.addresses.get(addressKey(ifindex, value.addr));
  }
  return undefined;
}

function lifetimeDifference(
  { tsNs }: RaPrediction,
  wanted: PredictedAddress,
  found: Address,
  { slackSec = 1 }: RaObservation,
): RaDifference | undefined {
  const valid = secondsOf(found.validUntil, tsNs);
  const preferred = secondsOf(found.preferredUntil, tsNs);
  const fits =
    isWithin(valid, wanted.validSec, slackSec) &&
    isWithin(preferred, wanted.preferredSec, slackSec);
  if (fits) return undefined;
  const expected = `${rangeText(wanted.validSec)} and ${rangeText(wanted.preferredSec)}`;
  return {
    code: 'ra.lifetime',
    evidence: `${found.addr} valid ${secText(valid)} and preferred ${secText(preferred)}, expected ${expected}`,
  };
}

/** What the RA is not about stays, and keeps its lifetimes. */
function leftAlone(
  { tsNs }: RaPrediction,
  was: Address,
  { after, slackSec = 1 }: RaObservation,
): RaDifference[] {
  const is = after.addresses.get(addressKey(was.ifindex, was.addr));
  const isOver = was.validUntil !== undefined && was.validUntil <= after.tsNs;
  // A user may take an address away at any time; what RAs made goes by its lifetime only.
  if (is === undefined) {
    if (isOver || claimOfAddress(was).by !== 'ra') return [];
    return [{ code: 'ra.address-missing', evidence: `${was.addr} is gone` }];
  }
  if (claimOfAddress(was).by !== 'ra') return [];
  const had = secondsOf(was.validUntil, tsNs);
  const has = secondsOf(is.validUntil, tsNs);
  if (isWithin(has, { min: had, max: had }, slackSec)) return [];
  const evidence = `${was.addr} valid ${secText(has)}, expected as before: ${secText(had)}`;
  return [{ code: 'ra.lifetime', evidence }];
}

/** Whole seconds from the RA to an end, rounded; infinite when there is none. */
export function secondsOf(end: Instant | undefined, tsNs: Instant): number {
  if (end === undefined) return INFINITY_SEC;
  const ns = end - tsNs;
  return ns <= 0n ? 0 : Number((ns + NS_PER_SEC / 2n) / NS_PER_SEC);
}

export function isWithin(sec: number, { min, max }: SecRange, slackSec: number): boolean {
  if (max === INFINITY_SEC && min === INFINITY_SEC) return sec === INFINITY_SEC;
  if (sec === INFINITY_SEC) return max === INFINITY_SEC;
  return sec >= min - slackSec && sec <= max + slackSec;
}

export function secText(sec: number): string {
  return sec === INFINITY_SEC ? 'for ever' : `${sec} s`;
}

function rangeText({ min, max }: SecRange): string {
  return min === max ? secText(min) : `${min} to ${secText(max)}`;
}
