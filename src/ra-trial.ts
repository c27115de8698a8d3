/** RAs under way with what was predicted of them, until the kernel is done and they are judged. */

import type { RaDoneEvent, RaEvent } from './decode/event.ts';
import { LINUX, type Profile } from './model/profile.ts';
import { predictRa } from './model/ra-effect.ts';
import type { RaPrediction } from './model/ra-prediction.ts';
import { LINUX_RA, RA_QUIRKS_UNKNOWN, type RaProfile, RFC_RA } from './model/ra-profile.ts';
import type { Change } from './state/change.ts';
import { isAccepted } from './state/ra-intake.ts';
import { snapshotOf, type World } from './state/world.ts';
import { judgeRa, type RaJudgement } from './verify/ra-effect.ts';
import type { UndecidedReason, Verdict } from './verify/verdict.ts';

/**
 * Lifetimes count from jiffies, which stand still while a tick is late: the CPU of a guest may be
 * away for seconds (`tick_do_update_jiffies64()`).
 */
const LATE_TICK_SEC = 5;

/** The kernel is not asked for its quirks: what hangs on one is undecided. */
const PROFILE: RaProfile = { ...LINUX_RA, quirks: RA_QUIRKS_UNKNOWN };
/** RAs under way: one for each CPU. */
const TRIALS_MAX = 64;
/** An RA of 64 KiB makes fewer. */
const CHANGES_MAX = 8192;

const UNMODELLED: Verdict = { verdict: 'undecided', reason: 'unmodelled:pvd-kernel' };

interface RaTrial {
  readonly netnsCookie: bigint;
  readonly ifindex: number;
  readonly prediction: RaPrediction;
  readonly ideal: RaPrediction;
  readonly changes: Change[];
  doubt: UndecidedReason | undefined;
  /** The kernel follows the PvD option, and keeps what different PvDs gave apart: not modelled. */
  readonly knowsPvd: boolean;
}

/** By `raId`, oldest first. */
export type RaTrials = Map<bigint, RaTrial>;

/** An RA came in, and nothing was made of it yet. */
export function beginTrial(
  trials: RaTrials,
  world: World,
  ra: RaEvent,
  { pvd }: Pick<Profile, 'pvd'> = LINUX,
): void {
  const snapshot = snapshotOf(world, ra.netnsCookie);
  if (snapshot === undefined) return;
  const [oldest] = trials.size >= TRIALS_MAX ? trials.keys() : [];
  if (oldest !== undefined) trials.delete(oldest);
  trials.set(ra.raId, {
    netnsCookie: ra.netnsCookie,
    ifindex: ra.ifindex,
    prediction: predictRa(snapshot, ra, PROFILE),
    ideal: predictRa(snapshot, ra, RFC_RA),
    changes: [],
    doubt: doubtOf(world, ra.netnsCookie),
    knowsPvd: pvd !== 'none',
  });
}

function doubtOf(world: World, netnsCookie: bigint): UndecidedReason | undefined {
  const snapshot = snapshotOf(world, netnsCookie);
  if (snapshot?.seeded !== true) return 'unknown-start-state';
  return snapshot.lostNs === undefined ? undefined : 'lost-records';
}

/** The state changed while RAs are under way. */
export function noteChanges(trials: RaTrials, changes: readonly Change[]): void {
  if (trials.size === 0) return;
  for (const trial of trials.values()) {
    for (const change of changes) {
      if (change.netnsCookie !== trial.netnsCookie) continue;
      if (change.object !== 'address' && change.object !== 'route') continue;
      if (trial.changes.length < CHANGES_MAX) trial.changes.push(change);
      else trial.doubt ??= 'unmodelled:ra-many-changes';
    }
  }
}

/** The kernel is done with an RA; undefined when there is nothing to hold it against. */
export function endTrial(
  trials: RaTrials,
  world: World,
  done: RaDoneEvent,
): RaJudgement | undefined {
  const trial = trials.get(done.raId);
  trials.delete(done.raId);
  const after = snapshotOf(world, done.netnsCookie);
  if (trial === undefined || after === undefined) return undefined;
  const { ifindex, prediction, ideal, changes } = trial;
  const doubt = trial.doubt ?? doubtOf(world, done.netnsCookie);
  const accepted = isAccepted(done);
  const slackSec = LATE_TICK_SEC;
  const observation = { ifindex, after, changes, accepted, slackSec };
  const judged = judgeRa(
    prediction,
    doubt === undefined ? observation : { ...observation, doubt },
    ideal,
  );
  const isOpen = trial.knowsPvd && judged.verdict.verdict === 'diverge';
  return isOpen ? { ...judged, verdict: UNMODELLED } : judged;
}
