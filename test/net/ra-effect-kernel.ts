/**
 * The running kernel answers the table of RA effects: each row has an interface of its own in one
 * namespace, and a link to another where the RAs come from. Needs root and iproute2.
 */

import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { bootTimeNs, inNetns } from '../../agent/libbpf/libc.ts';
import { linkAddress } from '../../agent/libbpf/link-address.ts';
import { openNdSocket } from '../../agent/libbpf/nd-socket.ts';
import { ipv6Packet } from '../../agent/router/packet.ts';
import { predictRa } from '../../src/model/ra-effect.ts';
import type { RaPrediction } from '../../src/model/ra-prediction.ts';
import { LINUX_RA, RA_QUIRKS_NEW, type RaQuirks, RFC_RA } from '../../src/model/ra-profile.ts';
import { NS_PER_SEC } from '../../src/net/instant.ts';
import type { Snapshot } from '../../src/state/snapshot.ts';
import { judgeRa, type RaJudgement } from '../../src/verify/ra-effect.ts';
import { inputOf, moreOf, type RaCase, rasOf, type SentRa } from '../case/ra-case.ts';
import { linesOf, type Settings } from '../case/ra-lines.ts';
import { changesBetween, readSettings, readState } from './ra-effect-state.ts';

export interface KernelRow {
  readonly row: RaCase;
  /** Why it was not asked. */
  readonly skip?: string;
  readonly lines: readonly string[];
  /** Seconds from the first RA to the last: what came of the first is so much older. */
  readonly spanSec: number;
  /** One for each RA. */
  readonly judgements: readonly RaJudgement[];
}

const SETTLE_MS = 100;
const READY_MS_MAX = 20_000;
/** An emulated machine takes its time between sending and looking. */
export const SLACK_SEC = 3;

interface Place {
  readonly row: RaCase;
  readonly host: string;
  readonly router: string;
  readonly ras: readonly SentRa[];
  readonly send: (packet: Uint8Array) => void;
  readonly ifindex: number;
  readonly judgements: RaJudgement[];
  firstNs: bigint;
  lastNs: bigint;
}

interface Beds {
  readonly hostNs: string;
  readonly routerNs: string;
  readonly hostFd: number;
  readonly routerFd: number;
}

export interface KernelAnswers {
  readonly quirks: RaQuirks;
  readonly rows: readonly KernelRow[];
}

/** Rows by which the kernel shows its traits, before it is held against them. */
const SHORT_RIO: RaCase = {
  id: 'short-rio',
  why: 'a RIO one unit too short',
  conf: { accept_ra_rt_info_max_plen: 64 },
  send: [{ lifetime: 0, options: [{ hex: '18012d0000000258' }] }],
  expect: [],
};
const STATIC_EXPIRES: RaCase = {
  id: 'static-expires',
  why: 'a static default route in the way that expires',
  conf: { ra_defrtr_metric: 2000 },
  before: ['route add default via fe80::1 dev A metric 2000 expires 5000'],
  send: [{}],
  expect: [],
};

/** Carries the rows out, all at once, step by step. */
export async function askKernel(
  rows: readonly RaCase[],
  names: { host: string; router: string },
): Promise<KernelAnswers> {
  const beds = makeBeds(names);
  const skipped: KernelRow[] = [];
  const possible = rows.filter((row) => {
    const { needs } = row;
    const isThere =
      needs === undefined || inNetns(beds.hostFd, () => existsSync(confFile('lo', needs)));
    if (!isThere) skipped.push({ row, skip: `no ${needs}`, lines: [], spanSec: 0, judgements: [] });
    return isThere;
  });
  const [shortRio, staticExpires, ...places] = await makePlaces(beds, [
    SHORT_RIO,
    STATIC_EXPIRES,
    ...possible,
  ]);
  if (shortRio === undefined || staticExpires === undefined) throw new Error('no calibration');
  let snapshot = await readState(beds.hostFd);
  snapshot = await runStep(beds, snapshot, [shortRio, staticExpires], 0, RA_QUIRKS_NEW);
  const quirks = calibrate(beds, snapshot, shortRio, staticExpires);
  const steps = Math.max(...places.map(({ ras }) => ras.length));
  for (let step = 0; step < steps; step++) {
    snapshot = await runStep(beds, snapshot, places, step, quirks);
  }
  const settings = await readSettings(beds.hostFd, snapshot);
  const done = places.map(({ row, host, ifindex, firstNs, lastNs, judgements }) => {
    const lines = linesOf(snapshot, ifindex, lastNs, settingsOf(settings, host), new Map());
    const spanSec = Number((lastNs - firstNs) / NS_PER_SEC) + 1;
    return { row, lines, spanSec, judgements };
  });
  closeSync(beds.hostFd);
  closeSync(beds.routerFd);
  return { quirks, rows: [...done, ...skipped] };
}

/** What only the kernel's behaviour tells, and the sysctl that came with the rest. */
function calibrate(beds: Beds, snapshot: Snapshot, rio: Place, dflt: Place): RaQuirks {
  const routes = [...snapshot.routes.values()];
  const isNew = inNetns(beds.hostFd, () => existsSync(confFile('lo', 'regen_min_advance')));
  const left = routes.find((r) => r.oif === dflt.ifindex && r.dstLen === 0 && r.metric === 2000);
  return {
    rioShort: routes.some((r) => r.oif === rio.ifindex && r.dstLen === 45),
    tempRaised: isNew,
    regenMinAdvanceSec: isNew ? RA_QUIRKS_NEW.regenMinAdvanceSec : 0,
    dfltHasLifetime: (left?.expiresNs ?? 0n) > snapshot.tsNs + 600n * NS_PER_SEC,
  };
}

function settingsOf(all: ReadonlyMap<string, Settings>, name: string): Settings {
  const found = all.get(name);
  if (found === undefined) throw new Error(`no settings of ${name}`);
  return found;
}

function makeBeds({ host, router }: { host: string; router: string }): Beds {
  const hostFd = openSync(`/run/netns/${host}`, 'r');
  const routerFd = openSync(`/run/netns/${router}`, 'r');
  inNetns(hostFd, () => {
    // No duplicate address detection and no solicitations: nothing but the RAs counts.
    for (const [name, value] of [
      ['dad_transmits', 0],
      ['accept_dad', 0],
      ['router_solicitations', 0],
    ]) {
      writeFileSync(confFile('default', `${name}`), `${value}`);
    }
  });
  return { hostNs: host, routerNs: router, hostFd, routerFd };
}

function confFile(ifname: string, name: string): string {
  return `/proc/sys/net/ipv6/conf/${ifname}/${name}`;
}

function batch(netns: string, lines: readonly string[]): void {
  execFileSync('ip', ['-n', netns, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

async function makePlaces(beds: Beds, rows: readonly RaCase[]): Promise<Place[]> {
  const { hostNs, routerNs, hostFd, routerFd } = beds;
  const named = rows.map((row, i) => ({ row, host: `h${i}`, router: `r${i}`, i }));
  const mac = (i: number): string =>
    `02:00:00:00:${(i >> 8).toString(16)}:${(i & 255).toString(16)}`;
  batch(
    routerNs,
    named.map(
      ({ host, router, i }) =>
        `link add ${router} type veth peer name ${host} address ${mac(i)} netns ${hostNs}`,
    ),
  );
  batch(
    routerNs,
    named.flatMap(({ router }) => [
      `link set ${router} addrgenmode none`,
      `link set ${router} up`,
      `addr add fe80::1/64 dev ${router} nodad`,
    ]),
  );
  inNetns(hostFd, () => {
    for (const { row, host } of named) {
      for (const [name, value] of Object.entries(row.conf ?? {})) {
        writeFileSync(confFile(host, name), `${value}`);
      }
    }
  });
  batch(
    hostNs,
    named.map(({ host }) => `link set ${host} up`),
  );
  await untilReady(hostFd, named.length);
  batch(
    hostNs,
    named.flatMap(({ row, host }) => (row.before ?? []).map((l) => localLine(l, host))),
  );
  await sleep(SETTLE_MS);
  return named.map(({ row, host, router }) => {
    const { ifindex } = addressOf(hostFd, host);
    const to = addressOf(routerFd, router).ifindex;
    const socket = inNetns(routerFd, () => openNdSocket(router, to));
    const send = (packet: Uint8Array): void => socket.send(packet);
    return {
      row,
      host,
      router,
      ras: rasOf(row),
      send,
      ifindex,
      judgements: [],
      firstNs: 0n,
      lastNs: 0n,
    };
  });
}

function localLine(line: string, host: string): string {
  if (line.startsWith('token ')) return `token set ${line.slice('token '.length)} dev ${host}`;
  const local = line.replace(/\bdev A\b/, `dev ${host}`);
  return line.startsWith('addr ') ? `${local} nodad` : local.replace('default', '::/0');
}

function addressOf(fd: number, ifname: string): { readonly ifindex: number } {
  const found = inNetns(fd, () => linkAddress(ifname));
  if (found === undefined) throw new Error(`no interface ${ifname}`);
  return found;
}

/** Until each interface has its link-local address, past detection. */
async function untilReady(hostFd: number, count: number): Promise<void> {
  const endMs = Date.now() + READY_MS_MAX;
  for (;;) {
    const text = inNetns(hostFd, () => readFileSync('/proc/thread-self/net/if_inet6', 'utf8'));
    const ready = text.split('\n').filter((line) => /^fe80.* 20 80 +h\d+$/.test(line)).length;
    if (ready >= count) return;
    if (Date.now() > endMs) throw new Error(`${ready} of ${count} interfaces are ready:\n${text}`);
    await sleep(SETTLE_MS);
  }
}

/**
 * Sends the RA of this step of each row, which the kernel handles before the send returns, or soon.
 * The state afterwards.
 */
async function runStep(
  beds: Beds,
  before: Snapshot,
  places: readonly Place[],
  step: number,
  quirks: RaQuirks,
): Promise<Snapshot> {
  const sent: { place: Place; prediction: RaPrediction | undefined; ideal: RaPrediction }[] = [];
  const profile = { ...LINUX_RA, quirks };
  for (const place of places) {
    const ra = place.ras[step];
    if (ra === undefined) continue;
    const { saddr, daddr, hopLimit, checksum } = ra;
    place.lastNs = bootTimeNs();
    if (step === 0) place.firstNs = place.lastNs;
    place.send(ipv6Packet(ra.message, { saddr, daddr, hopLimit, checksum }));
    const input = inputOf(ra, place.ifindex, place.lastNs);
    const more = moreOf(place.row);
    const prediction = place.row.unseen ? undefined : predictRa(before, input, profile, more);
    sent.push({ place, prediction, ideal: predictRa(before, input, RFC_RA, more) });
  }
  await sleep(SETTLE_MS);
  const after = await readState(beds.hostFd);
  for (const { place, prediction, ideal } of sent) {
    if (prediction === undefined) continue;
    place.judgements.push(judge(before, after, place.ifindex, prediction, ideal));
  }
  return after;
}

function judge(
  before: Snapshot,
  after: Snapshot,
  ifindex: number,
  prediction: RaPrediction,
  ideal: RaPrediction,
): RaJudgement {
  const changes = changesBetween(before, after, ifindex, SLACK_SEC);
  const observation = { ifindex, after, changes, accepted: undefined, slackSec: SLACK_SEC };
  return judgeRa(prediction, observation, ideal);
}
