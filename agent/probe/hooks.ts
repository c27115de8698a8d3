/**
 * The table of hooks: every program of bpf/, what it hooks, and what is not seen without it.
 * Programs attach in this order, so that the entry of a decision comes before its exit.
 */

import { LINUX_PVD } from '../../src/model/profile.ts';
import type { Hook, HookType } from './hook.ts';

/** One row of a group: `[program, target, degrades]`. */
type Row = readonly [program: string, target: string, degrades: string];

function hooks(type: HookType, rows: readonly Row[]): Hook[] {
  return rows.map(([program, target, degrades]) => ({ program, type, target, degrades }));
}

/** Entries: beginnings of mutators and decisions, and what is complete when it is called. */
const ENTRIES: readonly Hook[] = hooks('fentry', [
  ['ndisc_rcv_entry', 'ndisc_rcv', 'Router Advertisements as received'],
  [
    'ndisc_router_discovery_entry',
    'ndisc_router_discovery',
    'whether an RA passed the first checks',
  ],
  ['rt6_route_rcv_entry', 'rt6_route_rcv', 'whether a RIO was processed'],
  ['addrconf_prefix_rcv_entry', 'addrconf_prefix_rcv', 'whether a PIO was processed'],
  ['ip6_dst_lookup_flow_entry', 'ip6_dst_lookup_flow', 'which lookups belong to one decision'],
  ['ip6_dst_lookup_entry', 'ip6_dst_lookup', 'decisions of tunnels'],
  ['ip6_route_output_flags_entry', 'ip6_route_output_flags', 'route lookups'],
  ['fib6_rule_action_entry', 'fib6_rule_action', 'which rule led to a table'],
  ['rt6_find_cached_rt_entry', 'rt6_find_cached_rt', 'the final entry of a route lookup'],
  ['ipv6_dev_get_saddr_entry', 'ipv6_dev_get_saddr', 'source address selections'],
  ['fib6_add_entry', 'fib6_add', 'when a route addition began: races look like divergence'],
  ['fib6_del_entry', 'fib6_del', 'when a route removal began: races look like divergence'],
  ['fib6_purge_rt_entry', 'fib6_purge_rt', 'removed and replaced routes, until reconciled'],
  ['fib6_ifup_entry', 'fib6_ifup', 'when a link made routes live: races look like divergence'],
  ['fib6_ifdown_entry', 'fib6_ifdown', 'when a link made routes dead: races look like divergence'],
  ['ipv6_add_addr_entry', 'ipv6_add_addr', 'when an address addition began'],
  ['ipv6_del_addr_entry', 'ipv6_del_addr', 'removed addresses where no notification follows'],
  ['__ipv6_ifa_notify_entry', '__ipv6_ifa_notify', 'flags and lifetimes of addresses'],
  ['addrconf_dad_completed_entry', 'addrconf_dad_completed', 'the instant DAD ends'],
  ['list_netdevice_entry', 'list_netdevice', 'new devices and their order'],
  ['unlist_netdevice_entry', 'unlist_netdevice', 'removed devices'],
  ['addrconf_notify_entry', 'addrconf_notify', 'when a device event began'],
  ['fib6_rule_configure_entry', 'fib6_rule_configure', 'when a rule addition began'],
  ['fib6_rule_delete_entry', 'fib6_rule_delete', 'when a rule removal began'],
  ['notify_rule_change_entry', 'notify_rule_change', 'policy rules, until reconciled'],
  ['ip6addrlbl_newdel_entry', 'ip6addrlbl_newdel', 'when a label change began'],
  ['rtm_new_nexthop_entry', 'rtm_new_nexthop', 'when a nexthop change began'],
  ['nexthop_notify_entry', 'nexthop_notify', 'nexthop objects, until reconciled'],
  ['remove_nexthop_entry', 'remove_nexthop', 'nexthop objects removed with their device'],
  ['proc_sys_call_handler_entry', 'proc_sys_call_handler', 'when a sysctl write began'],
  [
    'inet6_netconf_notify_devconf_entry',
    'inet6_netconf_notify_devconf',
    'device settings changed through conf/all',
  ],
]);

/** What their programs miss makes decisions incomplete, but leaves the state right. */
export const DECISION_TARGETS: ReadonlySet<string> = new Set([
  'ip6_dst_lookup_flow',
  'ip6_dst_lookup',
  'ip6_route_output_flags',
  'fib6_rule_action',
  'fib6_table_lookup',
  'rt6_find_cached_rt',
  'ipv6_dev_get_saddr',
  'ipv6_pvd_get_saddr',
]);

const TRACEPOINTS: readonly Hook[] = hooks('tp_btf', [
  ['fib6_table_lookup_tp', 'fib6_table_lookup', 'which tables a route lookup tried'],
  ['neigh_update_done_tp', 'neigh_update_done', 'neighbour states set by ND and netlink'],
  ['neigh_timer_handler_tp', 'neigh_timer_handler', 'neighbour states set by timers'],
  ['neigh_event_send_done_tp', 'neigh_event_send_done', 'neighbour states set by sending'],
  ['neigh_cleanup_and_release_tp', 'neigh_cleanup_and_release', 'removed neighbours'],
]);

/** Exits: ends of mutators and decisions. */
const EXITS: readonly Hook[] = hooks('fexit', [
  ['rt6_get_dflt_router_exit', 'rt6_get_dflt_router', 'default routes refreshed by an RA'],
  ['rt6_add_dflt_router_exit', 'rt6_add_dflt_router', 'expiry of new default routes'],
  ['rt6_get_route_info_exit', 'rt6_get_route_info', 'RIO routes refreshed by an RA'],
  ['rt6_add_route_info_exit', 'rt6_add_route_info', 'expiry of new RIO routes'],
  [
    'addrconf_get_prefix_route_exit',
    'addrconf_get_prefix_route',
    'prefix routes refreshed by an RA',
  ],
  [
    'addrconf_get_prefix_route_exit_task',
    'addrconf_get_prefix_route',
    'expiry of prefix routes after a change of an address',
  ],
  ['rt6_route_rcv_exit', 'rt6_route_rcv', 'RIO routes refreshed by an RA'],
  ['addrconf_prefix_rcv_exit', 'addrconf_prefix_rcv', 'prefix routes refreshed by an RA'],
  ['ndisc_rcv_exit', 'ndisc_rcv', 'what became of an RA'],
  ['rt6_find_cached_rt_exit', 'rt6_find_cached_rt', 'whether an exception was used'],
  ['ip6_route_output_flags_exit', 'ip6_route_output_flags', 'route lookups'],
  ['ipv6_dev_get_saddr_exit', 'ipv6_dev_get_saddr', 'source address selections'],
  ['ip6_dst_lookup_flow_exit', 'ip6_dst_lookup_flow', 'decisions of sockets as a whole'],
  ['ip6_dst_lookup_exit', 'ip6_dst_lookup', 'decisions of tunnels as a whole'],
  ['fib6_add_exit', 'fib6_add', 'added routes, until reconciled'],
  ['fib6_del_exit', 'fib6_del', 'failed removals of routes'],
  ['fib6_ifup_exit', 'fib6_ifup', 'nexthops made live by a link'],
  ['fib6_ifdown_exit', 'fib6_ifdown', 'nexthops made dead by a link'],
  ['fib6_remove_prefsrc_exit', 'fib6_remove_prefsrc', 'preferred sources that went'],
  ['modify_prefix_route_exit', 'modify_prefix_route', 'expiry of prefix routes'],
  ['ipv6_add_addr_exit', 'ipv6_add_addr', 'new addresses before DAD ends'],
  ['ipv6_del_addr_exit', 'ipv6_del_addr', 'removed addresses where no notification follows'],
  ['addrconf_notify_exit', 'addrconf_notify', 'device states, until reconciled'],
  [
    'addrconf_notify_exit_addrs',
    'addrconf_notify',
    'addresses kept when a device goes down turn tentative unseen',
  ],
  ['setup_net_exit', 'setup_net', 'new network namespaces, until they are found by name'],
  ['inet6_net_exit_exit', 'inet6_net_exit', 'network namespaces that went'],
  ['fib6_rule_configure_exit', 'fib6_rule_configure', 'failed additions of rules'],
  ['fib6_rule_delete_exit', 'fib6_rule_delete', 'failed removals of rules'],
  ['ip6addrlbl_newdel_exit', 'ip6addrlbl_newdel', 'address labels, until reconciled'],
  ['rtm_new_nexthop_exit', 'rtm_new_nexthop', 'failed changes of nexthops'],
  ['__neigh_create_exit', '__neigh_create', 'new neighbours, until their state changes'],
  ['__neigh_set_probe_once_exit', '__neigh_set_probe_once', 'neighbour states set by probing'],
  ['proc_sys_call_handler_exit', 'proc_sys_call_handler', 'sysctl changes, until reconciled'],
]);

const DISCOVERY_DEGRADES = 'default routes refreshed by an RA';

/** It returns an `enum skb_drop_reason` in 6.12 and 7.2, nothing in 6.1. */
const DISCOVERY: readonly Hook[] = [
  {
    program: 'ndisc_router_discovery_exit_reason',
    type: 'fexit',
    target: 'ndisc_router_discovery',
    needsReturn: true,
    degrades: `${DISCOVERY_DEGRADES}, and why an RA was dropped`,
  },
  {
    program: 'ndisc_router_discovery_exit',
    type: 'fexit',
    target: 'ndisc_router_discovery',
    insteadOf: 'ndisc_router_discovery_exit_reason',
    degrades: DISCOVERY_DEGRADES,
  },
];

/** What the series in kernel/ adds. */
const NETPVD: readonly Hook[] = [
  ...hooks('tp_btf', [
    ['pvd_register_tp', 'pvd_register', 'new PvDs, until reconciled'],
    ['pvd_unregister_tp', 'pvd_unregister', 'PvDs that went, until reconciled'],
  ]),
  ...hooks('fentry', [
    ['ipv6_pvd_get_saddr_entry', 'ipv6_pvd_get_saddr', 'source address selections in a PvD'],
  ]),
  ...hooks('fexit', [
    ['ipv6_pvd_get_saddr_exit', 'ipv6_pvd_get_saddr', 'source address selections in a PvD'],
    ['pvd_ifa_add_exit', 'pvd_ifa_add', 'one more PvD of an address'],
    ['pvd_ifa_set_exit', 'pvd_ifa_set', 'another PvD of an address'],
    ['pvd_ifa_copy_exit', 'pvd_ifa_copy', 'PvDs of temporary addresses'],
  ]),
].map((hook) => ({ ...hook, profile: LINUX_PVD.name }));

/** Those for a kernel that is held against a profile. */
export function hooksFor(profile: string): readonly Hook[] {
  return HOOKS.filter((hook) => hook.profile === undefined || hook.profile === profile);
}

export const HOOKS: readonly Hook[] = [
  ...ENTRIES,
  ...TRACEPOINTS,
  ...EXITS,
  ...DISCOVERY,
  ...NETPVD,
  {
    program: 'ipv6_route_iter',
    type: 'iter',
    target: 'ipv6_route',
    degrades: 'routes as they are at the start, with all their flags: netlink hides some',
  },
];
