/**
 * struct ipv6_devconf as user space can read it: per device the array of
 * IFLA_INET6_CONF (ipv6_store_devconf(), net/ipv6/addrconf.c), for `all` and
 * `default` the files under /proc/sys/net/ipv6/conf.
 */

import type { Devconf } from '../../src/decode/event.ts';
import { viewOf } from './attributes.ts';

interface Field {
  /** DEVCONF_* of include/uapi/linux/ipv6.h. */
  readonly index: number;
  /** File under /proc/sys/net/ipv6/conf/NAME. */
  readonly file: string;
  /** Factor from the file's unit to the field's. */
  readonly scale?: number;
}

export const DEVCONF_FIELDS: Readonly<Record<keyof Devconf, Field>> = {
  forwarding: { index: 0, file: 'forwarding' },
  hopLimit: { index: 1, file: 'hop_limit' },
  mtu6: { index: 2, file: 'mtu' },
  acceptRa: { index: 3, file: 'accept_ra' },
  autoconf: { index: 5, file: 'autoconf' },
  dadTransmits: { index: 6, file: 'dad_transmits' },
  useTempaddr: { index: 10, file: 'use_tempaddr' },
  tempValidLft: { index: 11, file: 'temp_valid_lft' },
  tempPreferedLft: { index: 12, file: 'temp_prefered_lft' },
  maxAddresses: { index: 15, file: 'max_addresses' },
  acceptRaDefrtr: { index: 17, file: 'accept_ra_defrtr' },
  acceptRaPinfo: { index: 18, file: 'accept_ra_pinfo' },
  acceptRaRtrPref: { index: 19, file: 'accept_ra_rtr_pref' },
  // Seconds in the file, milliseconds in the array.
  rtrProbeIntervalMs: { index: 20, file: 'router_probe_interval', scale: 1000 },
  acceptRaRtInfoMaxPlen: { index: 21, file: 'accept_ra_rt_info_max_plen' },
  optimisticDad: { index: 23, file: 'optimistic_dad' },
  disableIpv6: { index: 26, file: 'disable_ipv6' },
  acceptDad: { index: 27, file: 'accept_dad' },
  acceptRaFromLocal: { index: 33, file: 'accept_ra_from_local' },
  useOptimistic: { index: 34, file: 'use_optimistic' },
  acceptRaMtu: { index: 35, file: 'accept_ra_mtu' },
  useOifAddrsOnly: { index: 37, file: 'use_oif_addrs_only' },
  acceptRaMinHopLimit: { index: 38, file: 'accept_ra_min_hop_limit' },
  ignoreRoutesWithLinkdown: { index: 39, file: 'ignore_routes_with_linkdown' },
  keepAddrOnDown: { index: 42, file: 'keep_addr_on_down' },
  addrGenMode: { index: 47, file: 'addr_gen_mode' },
  acceptRaRtInfoMinPlen: { index: 49, file: 'accept_ra_rt_info_min_plen' },
  raDefrtrMetric: { index: 52, file: 'ra_defrtr_metric' },
  acceptRaMinLft: { index: 58, file: 'accept_ra_min_lft' },
};

const NAMES = Object.keys(DEVCONF_FIELDS) as readonly (keyof Devconf)[];

function build(value: (field: Field) => number | undefined): Devconf {
  // 0 for what this kernel lacks: it is built without the feature, or predates it.
  return Object.fromEntries(
    NAMES.map((name) => [name, value(DEVCONF_FIELDS[name]) ?? 0]),
  ) as unknown as Devconf;
}

/** Reads the IFLA_INET6_CONF array; undefined when it is too short to be one. */
export function devconfFromArray(bytes: Uint8Array | undefined): Devconf | undefined {
  if (bytes === undefined || bytes.length < 4) return undefined;
  const view = viewOf(bytes);
  return build(({ index }) =>
    4 * index + 4 <= bytes.length ? view.getInt32(4 * index, true) : undefined,
  );
}

/** Reads the files of one directory; `read` gives the integer in a file, if there is one. */
export function devconfFromFiles(read: (file: string) => bigint | undefined): Devconf {
  return build(({ file, scale = 1 }) => {
    const value = read(file);
    return value === undefined ? undefined : Number(value) * scale;
  });
}
