/** `struct pvd_devconf`. */

import type { Devconf, DevconfEvent, EventHeader } from '../event.ts';
import { KIND, LAYOUT } from '../layout.gen.ts';
import type { Codec } from './codec.ts';

const S = LAYOUT.pvd_devconf;

const FIELDS: readonly (readonly [keyof Devconf, number])[] = [
  ['forwarding', S.forwarding],
  ['acceptRa', S.accept_ra],
  ['acceptRaDefrtr', S.accept_ra_defrtr],
  ['raDefrtrMetric', S.ra_defrtr_metric],
  ['acceptRaMinHopLimit', S.accept_ra_min_hop_limit],
  ['acceptRaMinLft', S.accept_ra_min_lft],
  ['acceptRaPinfo', S.accept_ra_pinfo],
  ['acceptRaFromLocal', S.accept_ra_from_local],
  ['acceptRaRtrPref', S.accept_ra_rtr_pref],
  ['rtrProbeIntervalMs', S.rtr_probe_interval_ms],
  ['acceptRaRtInfoMinPlen', S.accept_ra_rt_info_min_plen],
  ['acceptRaRtInfoMaxPlen', S.accept_ra_rt_info_max_plen],
  ['acceptRaMtu', S.accept_ra_mtu],
  ['autoconf', S.autoconf],
  ['addrGenMode', S.addr_gen_mode],
  ['maxAddresses', S.max_addresses],
  ['useTempaddr', S.use_tempaddr],
  ['tempValidLft', S.temp_valid_lft],
  ['tempPreferedLft', S.temp_prefered_lft],
  ['dadTransmits', S.dad_transmits],
  ['acceptDad', S.accept_dad],
  ['optimisticDad', S.optimistic_dad],
  ['useOptimistic', S.use_optimistic],
  ['useOifAddrsOnly', S.use_oif_addrs_only],
  ['ignoreRoutesWithLinkdown', S.ignore_routes_with_linkdown],
  ['keepAddrOnDown', S.keep_addr_on_down],
  ['disableIpv6', S.disable_ipv6],
  ['hopLimit', S.hop_limit],
  ['mtu6', S.mtu6],
];

export const devconfCodec: Codec<DevconfEvent> = {
  kind: KIND.DEVCONF,
  lenMinBytes: S.size,
  decode(view: DataView, at: number, _len: number, h: EventHeader): DevconfEvent {
    return {
      kind: 'devconf',
      tsNs: h.tsNs,
      netnsCookie: h.netnsCookie,
      cpu: h.cpu,
      seq: h.seq,
      lost: h.lost,
      hook: h.hook,
      op: h.op,
      softirq: h.softirq,
      truncated: h.truncated,
      ifindex: view.getInt32(at + S.ifindex, true),
      conf: readDevconf(view, at),
    };
  },
  lenBytes: () => S.size,
  encode(view: DataView, e: DevconfEvent): void {
    view.setInt32(S.ifindex, e.ifindex, true);
    for (const [field, offset] of FIELDS) view.setInt32(offset, e.conf[field], true);
  },
};

function readDevconf(view: DataView, at: number): Devconf {
  const conf: Partial<Record<keyof Devconf, number>> = {};
  for (const [field, offset] of FIELDS) conf[field] = view.getInt32(at + offset, true);
  return conf as Devconf;
}
