/** What a fresh namespace starts with. */

import type { Devconf } from '../../src/decode/event.ts';

/** A device's settings in a fresh namespace. */
export const CONF: Devconf = {
  forwarding: 0,
  acceptRa: 1,
  acceptRaDefrtr: 1,
  raDefrtrMetric: 1024,
  acceptRaMinHopLimit: 1,
  acceptRaMinLft: 0,
  acceptRaPinfo: 1,
  acceptRaFromLocal: 0,
  acceptRaRtrPref: 1,
  rtrProbeIntervalMs: 60000,
  acceptRaRtInfoMinPlen: 0,
  acceptRaRtInfoMaxPlen: 0,
  acceptRaMtu: 1,
  autoconf: 1,
  addrGenMode: 1,
  maxAddresses: 16,
  useTempaddr: 0,
  tempValidLft: 604800,
  tempPreferedLft: 86400,
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

/** `ip6addrlbl_init_table`. */
export const LABELS: readonly [string, number][] = [
  ['::/0', 1],
  ['fc00::/7', 5],
  ['fec0::/10', 11],
  ['2002::/16', 2],
  ['3ffe::/16', 12],
  ['2001::/32', 6],
  ['2001:10::/28', 7],
  ['::ffff:0:0/96', 4],
  ['::/96', 3],
  ['::1/128', 0],
];
