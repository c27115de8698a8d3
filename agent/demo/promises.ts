/** What the demo promises, checked on what was really seen. Pure. */

import type { DecisionData } from '../../src/publish/decision-data.ts';
import type { Envelope } from '../../src/publish/envelope.ts';
import type { Pvd, Snapshot } from '../../src/state/snapshot.ts';

export interface Promised {
  readonly what: string;
  readonly ok: boolean;
  /** The figures behind it. */
  readonly seen: string;
}

/** What has to be counted while envelopes pass; the rest is read from the snapshot. */
export interface Tally {
  /** Accepted RAs of the host by router and interface. */
  readonly rasByRouter: Map<string, number>;
  /** Decisions of the host with a process and a socket. */
  decisions: number;
  readonly comms: Set<string>;
  /** Of all decisions of the host. */
  readonly verdicts: { agree: number; diverge: number; undecided: number };
  /** Findings by code. */
  readonly findings: Map<string, number>;
}

export const DECISIONS_MIN = 50;
const COMMS_MAX = 64;

export function createTally(): Tally {
  return {
    rasByRouter: new Map(),
    decisions: 0,
    comms: new Set(),
    verdicts: { agree: 0, diverge: 0, undecided: 0 },
    findings: new Map(),
  };
}

/** Counts the envelopes that are about the netns with this name. */
export function count(tally: Tally, envelopes: readonly Envelope[], netns: string): void {
  for (const envelope of envelopes) {
    if (envelope.netns?.name !== netns) continue;
    if (envelope.kind === 'ra' && envelope.data.done?.reachedDiscovery) {
      const key = `${envelope.data.router} ${envelope.data.ifname}`;
      tally.rasByRouter.set(key, (tally.rasByRouter.get(key) ?? 0) + 1);
    } else if (envelope.kind === 'decision') countDecision(tally, envelope.data);
  }
}

function countDecision(tally: Tally, { task, sock, verdict, findings }: DecisionData): void {
  tally.verdicts[verdict.verdict]++;
  for (const { code } of findings) {
    tally.findings.set(code, (tally.findings.get(code) ?? 0) + 1);
  }
  if (task === null || sock === null) return;
  tally.decisions++;
  if (tally.comms.size < COMMS_MAX) tally.comms.add(task.comm);
}

export function promisesOf(host: Snapshot | undefined, tally: Tally, lost: number): Promised[] {
  const { agree, diverge, undecided } = tally.verdicts;
  const pvds = [...(host?.pvds.values() ?? [])];
  const implicit = pvds.filter((pvd) => pvd.kind === 'implicit');
  const explicit = pvds.filter((pvd) => pvd.kind === 'explicit');
  const spanning = explicit.filter((pvd) => interfacesOf(pvd).size >= 2);
  const objects = [
    ...[...(host?.addresses.values() ?? [])].map((a) => ({ name: a.addr, ...a.attribution })),
    ...[...(host?.routes.values() ?? [])].map((r) => ({
      name: `${r.dst}/${r.dstLen}`,
      ...r.attribution,
    })),
  ];
  const given = objects.filter((object) => object.pvd !== undefined);
  const unknown = objects.filter(
    (object) => object.reason === '' || /ra-not-seen|learned-before-start/.test(object.reason),
  );
  return [
    {
      what: 'RAs of three routers received',
      ok: tally.rasByRouter.size >= 3,
      seen: [...tally.rasByRouter].map(([router, n]) => `${router}: ${n}`).join(', '),
    },
    {
      what: 'one implicit PvD, and one explicit PvD on two interfaces',
      ok: implicit.length >= 1 && spanning.length >= 1,
      seen: pvds.map((pvd) => `${pvd.name} on ${interfacesOf(pvd).size}`).join(', '),
    },
    {
      what: 'every address and route given to its PvD, or to none with the reason',
      ok: given.length > 0 && unknown.length === 0,
      seen: `${given.length} to a PvD, ${objects.length - given.length} to none, ${unknown.length} unexplained${unknown
        .slice(0, 3)
        .map(({ name, reason }) => ` (${name}: ${reason})`)
        .join('')}`,
    },
    {
      what: `at least ${DECISIONS_MIN} decisions with process and socket`,
      ok: tally.decisions >= DECISIONS_MIN,
      seen: `${tally.decisions} by ${[...tally.comms].sort().join(', ')}`,
    },
    {
      what: 'every decision judged, and none of them against the kernel',
      ok: agree > 0 && diverge === 0 && undecided === 0,
      seen: `${agree} agree, ${diverge} diverge, ${undecided} undecided`,
    },
    {
      what: 'flows whose source is not of the PvD they go through (RFC 6724, rule 5.5)',
      ok: (tally.findings.get('rfc6724.r5.5') ?? 0) > 0,
      seen: [...tally.findings].map(([code, n]) => `${n} ${code}`).join(', ') || 'none',
    },
    { what: 'no record lost', ok: lost === 0, seen: `${lost} lost` },
  ];
}

function interfacesOf(pvd: Pvd): Set<number> {
  return new Set(pvd.routers.map((router) => router.ifindex));
}
