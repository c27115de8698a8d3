/** Envelopes for tests. */

import { decodeRa, encodeRa } from '../../src/decode/nd/ra.ts';
import { EMPTY_RA_HEADER } from '../../src/decode/nd/ra-header.ts';
import { toJson } from '../../src/net/json.ts';
import { prefix6 } from '../../src/net/prefix6.ts';
import { explicitPvdId } from '../../src/net/pvd-id.ts';
import type { DecisionData } from '../../src/publish/decision-data.ts';
import {
  ENVELOPE_VERSION,
  type Envelope,
  type EnvelopeData,
  type EnvelopeKind,
  type NetnsRef,
  type RaData,
} from '../../src/publish/envelope.ts';
import type { AttributionData } from '../../src/publish/snapshot-data.ts';

export function envelope<K extends EnvelopeKind>(
  seq: number,
  kind: K,
  data: EnvelopeData[K],
  netns: NetnsRef | null = { cookie: '7', name: 'host' },
): Envelope<K> {
  const common = { v: ENVELOPE_VERSION, seq, tsNs: `${seq}000`, host: 'h', bootId: 'b', netns };
  return { ...common, kind, data } as unknown as Envelope<K>;
}

export const ATTRIBUTION: AttributionData = {
  pvd: explicitPvdId('pvd.example'),
  reason: 'ra-router',
  ra: null,
};

export const DECISION: DecisionData = {
  what: 'flow',
  id: '12',
  hook: 'ip6_dst_lookup_flow',
  beginNs: '900',
  task: { pid: 11, tgid: 10, comm: 'curl', cgroupId: '1' },
  sock: null,
  query: {
    daddr: '2001:db8:1::1',
    saddr: '::',
    oif: 0,
    iif: 1,
    l3mdev: 0,
    mark: 0,
    uid: 0,
    flowinfo: 0,
    sport: 0,
    dport: 80,
    proto: 6,
    flowFlags: 0,
  },
  outcome: {
    error: 0,
    oif: 2,
    gateway: 'fe80::1',
    route: {
      id: '99',
      dst: '::/0',
      gateway: 'fe80::1',
      oif: 2,
      table: 254,
      metric: 1024,
      flags: 3,
      protocol: 9,
      type: 1,
      attribution: ATTRIBUTION,
    },
    source: { addr: '2001:db8:2::5', ifindex: 2, attribution: ATTRIBUTION },
  },
  lookups: [],
  saddrs: [],
  incomplete: null,
  blame: null,
  verdict: { verdict: 'undecided', reason: 'unmodelled' },
  findings: [],
};

/** Of a PvD whose only prefix stands inside the PvD option. */
export const RA: RaData = presentRa();

function presentRa(): RaData {
  const pio = {
    kind: 'pio',
    prefix: prefix6('2001:db8:5::/64'),
    onLink: true,
    autonomous: true,
    routerAddress: false,
    pdPreferred: false,
    validSec: 3600,
    preferredSec: 1800,
  } as const;
  const pvd = {
    kind: 'pvd',
    layout: 'rfc8801',
    id: 'pvd.example',
    http: false,
    legacy: false,
    delay: 0,
    sequence: 1,
    ra: null,
    options: [pio],
  } as const;
  const decoded = decodeRa(encodeRa({ header: EMPTY_RA_HEADER, options: [pvd] }));
  return {
    raId: '1',
    ifindex: 2,
    ifname: 'eth0',
    router: 'fe80::1',
    daddr: 'ff02::1',
    hopLimit: 255,
    lenBytes: 64,
    header: decoded.header,
    options: toJson(decoded.options),
    problems: [],
    pvds: ['pvd.example'],
    done: null,
    verdict: null,
    differences: [],
  };
}
