/**
 * A flood of hostile RAs through the whole pipeline, records and verdicts included: each from a
 * router of its own, with prefix, route and server of its own, for a PvD of its own or one that
 * is known. What was known before must stay, what does not fit must be counted, and memory must
 * stay where it was.
 */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Devconf, KernelEvent, UnknownEvent } from '../src/decode/event.ts';
import type { NdOption } from '../src/decode/nd/option.ts';
import { encodeRa } from '../src/decode/nd/ra.ts';
import { EMPTY_RA_HEADER } from '../src/decode/nd/ra-header.ts';
import { encodeRecord } from '../src/decode/record.ts';
import { addr6, addr6Bytes } from '../src/net/addr6.ts';
import { prefix6 } from '../src/net/prefix6.ts';
import { createPipeline, type Pipeline, step } from '../src/pipeline.ts';
import { snapshotOf } from '../src/state/world.ts';
import type { Figure } from './figure.ts';

const RAS = 1_000_000;
/** From here on the bounds are reached. */
const WARM = 100_000;
const COOKIE = 4099n;
const HONEST = 'honest.example';

const HEADER = {
  netnsCookie: COOKIE,
  cpu: 0,
  lost: 0,
  hook: 'none',
  softirq: true,
  truncated: false,
} as const;

/** A host that accepts RAs, but makes nothing of them: what a kernel makes is its own memory. */
const CONF: Devconf = {
  forwarding: 0,
  acceptRa: 1,
  acceptRaDefrtr: 0,
  raDefrtrMetric: 1024,
  acceptRaMinHopLimit: 1,
  acceptRaMinLft: 0,
  acceptRaPinfo: 0,
  acceptRaFromLocal: 0,
  acceptRaRtrPref: 0,
  rtrProbeIntervalMs: 60_000,
  acceptRaRtInfoMinPlen: 0,
  acceptRaRtInfoMaxPlen: 64,
  acceptRaMtu: 1,
  autoconf: 1,
  addrGenMode: 0,
  maxAddresses: 16,
  useTempaddr: 0,
  tempValidLft: 604_800,
  tempPreferedLft: 86_400,
  dadTransmits: 1,
  acceptDad: 1,
  optimisticDad: 0,
  useOptimistic: 0,
  useOifAddrsOnly: 0,
  ignoreRoutesWithLinkdown: 0,
  keepAddrOnDown: 0,
  disableIpv6: 0,
  hopLimit: 64,
  mtu6: 1500,
};

interface Flood {
  readonly pipeline: Pipeline;
  seq: number;
  tsNs: bigint;
}

type Known = Exclude<KernelEvent, UnknownEvent>;
type BodyOf<E> = E extends Known ? Omit<E, 'seq' | 'tsNs' | keyof typeof HEADER> : never;
type Body = BodyOf<Known>;

function feed(flood: Flood, body: Body): void {
  const event = { ...HEADER, ...body, seq: flood.seq++, tsNs: flood.tsNs } as Known;
  step(flood.pipeline, encodeRecord(event));
}

/** An RA, and that the kernel accepted it. */
function sendRa(flood: Flood, id: number, router: string, options: readonly NdOption[]): void {
  flood.tsNs += 10_000n;
  const saddr = addr6(router);
  const daddr = addr6('ff02::1');
  const header = { ...EMPTY_RA_HEADER, hopLimit: 64, lifetimeSec: 1800 };
  const message = encodeRa({ header, options });
  const ip6 = new Uint8Array(40);
  ip6.set([0x60, 0, 0, 0, message.length >> 8, message.length & 255, 58, 255]);
  ip6.set(addr6Bytes(saddr), 8);
  ip6.set(addr6Bytes(daddr), 24);
  const raId = BigInt(id);
  feed(flood, {
    op: 'begin',
    kind: 'ra',
    raId,
    ifindex: 2,
    ifname: 'eth0',
    saddr,
    daddr,
    hopLimit: 255,
    ip6,
    msgLenBytes: message.length,
    message,
  });
  feed(flood, {
    op: 'end',
    kind: 'ra-done',
    raId,
    ifindex: 2,
    reachedDiscovery: true,
    processed: true,
    dropReason: undefined,
    acceptRa: 1,
    forwarding: 0,
  });
}

function hostile(id: number): NdOption[] {
  const high = (id >>> 16).toString(16);
  const low = (id & 0xffff).toString(16);
  const pio = {
    kind: 'pio',
    prefix: prefix6(`fd00:${high}:${low}::/64`),
    onLink: true,
    autonomous: true,
    routerAddress: false,
    pdPreferred: false,
    validSec: 86_400,
    preferredSec: 86_400,
  } as const;
  const rdnss = {
    kind: 'rdnss',
    addrs: [addr6(`fd00:${high}:${low}::53`)],
    lifetimeSec: 86_400,
  } as const;
  const rio = {
    kind: 'rio',
    prefix: prefix6(`fd01:${high}:${low}::/48`),
    preference: 'high',
    lifetimeSec: 86_400,
  } as const;
  return [pio, rdnss, rio, pvd(id % 3 === 0 ? HONEST : `x${id}.example`)];
}

function pvd(id: string): NdOption {
  return {
    kind: 'pvd',
    layout: 'rfc8801',
    id,
    http: false,
    legacy: false,
    delay: 0,
    sequence: 0,
    ra: null,
    options: [],
  };
}

function start(flood: Flood): void {
  feed(flood, { op: 'begin', kind: 'dump-begin', missing: [] });
  feed(flood, {
    op: 'dump',
    kind: 'link',
    id: 0n,
    name: 'eth0',
    ifindex: 2,
    master: 0,
    flags: 0x1003,
    mtu: 1500,
    mtu6: 1500,
    type: 1,
    lladdr: '02:00:00:00:00:01',
    operstate: 6,
    carrier: true,
    isL3Master: false,
    event: 0,
  } as Body);
  feed(flood, { op: 'dump', kind: 'devconf', ifindex: 2, conf: CONF });
  feed(flood, { op: 'end', kind: 'dump-end', missing: [] });
  const prefix = { ...(hostile(0)[0] as NdOption), prefix: prefix6('2001:db8::/64') } as NdOption;
  sendRa(flood, 1, 'fe80::1', [prefix, pvd(HONEST)]);
}

export async function raFloodFigures(tell: (figure: Figure) => void): Promise<void> {
  const flood: Flood = { pipeline: createPipeline(), seq: 0, tsNs: 1_000_000_000n };
  start(flood);
  let warmBytes = 0;
  let cpu = process.cpuUsage();
  for (let i = 2; i < RAS; i++) {
    const router = `fe80::${(i >>> 16).toString(16)}:${(i & 0xffff).toString(16)}:1`;
    sendRa(flood, i, router, hostile(i));
    if (i === WARM) {
      warmBytes = heapBytes();
      cpu = process.cpuUsage();
    }
  }
  const { user, system } = process.cpuUsage(cpu);
  const endBytes = heapBytes();
  tell({
    name: 'ra-flood rate',
    value: ((RAS - WARM) / (user + system)) * 1e6,
    unit: 'RAs/s of one core',
  });
  tell({ name: 'ra-flood heap after 100,000', value: warmBytes / 2 ** 20, unit: 'MiB' });
  tell({ name: 'ra-flood heap after 1,000,000', value: endBytes / 2 ** 20, unit: 'MiB' });
  const { agree } = flood.pipeline.stats.raVerdicts;
  tell({ name: 'ra-flood judged to agree', value: agree, unit: `of ${RAS - 1}` });
  const snapshot = snapshotOf(flood.pipeline.world, COOKIE);
  const refused = Object.values(snapshot?.refused ?? {}).reduce((a, b) => a + b, 0);
  tell({ name: 'ra-flood refused, counted', value: refused, unit: '' });
  tell({ name: 'ra-flood PvDs tracked', value: snapshot?.pvds.size ?? 0, unit: '' });
  const honest = [...(snapshot?.pvds.values() ?? [])].find(({ id }) => id === HONEST);
  const kept = honest?.prefixes.some(({ prefix }) => prefix === '2001:db8::/64');
  tell({ name: 'ra-flood honest prefix kept', value: kept ? 1 : 0, unit: 'of 1' });
}

function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}
