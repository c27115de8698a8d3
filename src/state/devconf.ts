/** Per-interface IPv6 settings (`struct ipv6_devconf`) and the other `net.ipv6` integers. */

import type { Devconf, DevconfEvent, SysctlEvent } from '../decode/event.ts';
import type { Context } from './context.ts';
import { LINKS } from './links-table.ts';
import type { Subject } from './subject.ts';
import { putRow, removeRow, type Table } from './table.ts';

export const DEVCONF: Table<number, Devconf> = {
  object: 'devconf',
  part: 'devconf',
  rows: (ns) => ns.devconf,
  value: (ifindex, conf) => ({ ifindex, conf }),
};

const SYSCTLS: Table<string, number> = {
  object: 'sysctl',
  part: 'sysctls',
  rows: (ns) => ns.sysctls,
  value: (name, value) => ({ name, value }),
};

const ALL = 0;
const DEFAULT = -1;

export const devconfSubject: Subject<DevconfEvent, number, Devconf> = {
  kind: 'devconf',
  table: DEVCONF,
  keyOf: (_ctx, event) => event.ifindex,
  set: (ctx, event, key) => void putRow(ctx, DEVCONF, key, event.conf),
  remove: (ctx, key) => void removeRow(ctx, DEVCONF, key),
};

/** Files of `conf/<interface>/` and the field each one is. */
const FIELD_OF: ReadonlyMap<string, keyof Devconf> = new Map([
  ['forwarding', 'forwarding'],
  ['accept_ra', 'acceptRa'],
  ['accept_ra_defrtr', 'acceptRaDefrtr'],
  ['ra_defrtr_metric', 'raDefrtrMetric'],
  ['accept_ra_min_hop_limit', 'acceptRaMinHopLimit'],
  ['accept_ra_min_lft', 'acceptRaMinLft'],
  ['accept_ra_pinfo', 'acceptRaPinfo'],
  ['accept_ra_from_local', 'acceptRaFromLocal'],
  ['accept_ra_rtr_pref', 'acceptRaRtrPref'],
  ['accept_ra_rt_info_min_plen', 'acceptRaRtInfoMinPlen'],
  ['accept_ra_rt_info_max_plen', 'acceptRaRtInfoMaxPlen'],
  ['accept_ra_mtu', 'acceptRaMtu'],
  ['autoconf', 'autoconf'],
  ['addr_gen_mode', 'addrGenMode'],
  ['max_addresses', 'maxAddresses'],
  ['use_tempaddr', 'useTempaddr'],
  ['temp_valid_lft', 'tempValidLft'],
  ['temp_prefered_lft', 'tempPreferedLft'],
  ['dad_transmits', 'dadTransmits'],
  ['accept_dad', 'acceptDad'],
  ['optimistic_dad', 'optimisticDad'],
  ['use_optimistic', 'useOptimistic'],
  ['use_oif_addrs_only', 'useOifAddrsOnly'],
  ['ignore_routes_with_linkdown', 'ignoreRoutesWithLinkdown'],
  ['keep_addr_on_down', 'keepAddrOnDown'],
  ['disable_ipv6', 'disableIpv6'],
  ['hop_limit', 'hopLimit'],
  ['mtu', 'mtu6'],
]);

/** Written to `all`, these copy themselves to `default` and to every interface. */
const COPIED: ReadonlySet<string> = new Set([
  'forwarding',
  'ignore_routes_with_linkdown',
  'disable_ipv6',
  'addr_gen_mode',
]);

/** `proc_dointvec_jiffies()` and `proc_dointvec_ms_jiffies()`: parts of a second in the file. */
const TIMERS: ReadonlyMap<string, bigint> = new Map([
  ['route.gc_min_interval', 1n],
  ['route.gc_timeout', 1n],
  ['route.gc_interval', 1n],
  ['route.mtu_expires', 1n],
  ['idgen_delay', 1n],
  ['route.gc_min_interval_ms', 1000n],
  ['icmp.ratelimit', 1000n],
]);

/** Directories whose integers belong to the netns and not to an interface. */
const NETNS_DIRS: ReadonlySet<string> = new Set(['ipv6', 'ipv4', 'icmp', 'route']);

export const sysctlSubject: Subject<SysctlEvent, string, number> = {
  kind: 'sysctl',
  table: SYSCTLS,
  /** Files of `icmp` and `route` keep their directory, e.g. `route.gc_interval`. */
  keyOf(_ctx, { dir, name }) {
    if (!NETNS_DIRS.has(dir)) return undefined;
    return dir === 'ipv6' || dir === 'ipv4' ? name : `${dir}.${name}`;
  },
  /** A hook reads what the kernel holds, in jiffies; the replica has what the file says. */
  set(ctx, { value, op }, key) {
    if (value === undefined) return;
    const { hz } = ctx;
    const unit = op === 'dump' || hz === undefined ? undefined : TIMERS.get(key);
    const shown = unit === undefined || hz === undefined ? value : (value * unit) / BigInt(hz);
    putRow(ctx, SYSCTLS, key, Number(shown));
  },
  remove: (ctx, key) => void removeRow(ctx, SYSCTLS, key),
};

/** A write below `conf/` returned: true when it was one, whatever came of it. */
export function applyConfSysctl(ctx: Context, { dir, name, value }: SysctlEvent): boolean {
  const field = FIELD_OF.get(name);
  const target = NETNS_DIRS.has(dir) ? undefined : ifindexOf(ctx, dir);
  if (field === undefined || target === undefined) return false;
  if (value === undefined) return true;
  const { devconf } = ctx.ns;
  const targets = target === ALL && COPIED.has(name) ? [...devconf.keys()] : [target];
  for (const ifindex of targets) {
    const conf = devconf.get(ifindex);
    if (conf === undefined) continue;
    putRow(ctx, DEVCONF, ifindex, { ...conf, [field]: Number(value) });
    const link = ctx.ns.links.get(ifindex);
    const matters = field === 'ignoreRoutesWithLinkdown' && conf[field] !== Number(value);
    if (matters && link?.carrier === false)
      putRow(ctx, LINKS, ifindex, { ...link, sharesStale: true });
  }
  return true;
}

function ifindexOf(ctx: Context, dir: string): number | undefined {
  if (dir === 'all') return ALL;
  if (dir === 'default') return DEFAULT;
  for (const link of ctx.ns.links.values()) if (link.name === dir) return link.ifindex;
  return undefined;
}
