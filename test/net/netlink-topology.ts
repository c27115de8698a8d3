/** A namespace with one of everything that is dumped, as far as this iproute2 can make it. */

import { addNetns, ip, setSysctl, tryIp } from './netns-bed.ts';

const RULES: readonly string[] = [
  'from 2001:db8:1::/48 to 2001:db8:9::/64 iif va oif vb fwmark 5/7 uidrange 1000-2000 ' +
    'ipproto tcp sport 3-6 dport 7 tos 0x10 lookup 9999 suppress_prefixlength 3 protocol static',
  'not from 2001:db8::/32 oif nodev lookup main suppress_ifgroup 4',
  'iif gone goto 900',
  'iif lo goto 32766',
  'fwmark 0x10 prohibit',
  'dport 1-65534 ipproto udp unreachable',
  'sport 53 lookup 300',
  'tos 0x20 blackhole',
  'to 2001:db8:4::1 nop',
  'uidrange 0-0 lookup local',
  'tun_id 7 lookup main',
];

const ADDRESSES: readonly string[] = [
  '2001:db8:1::1/64 dev va nodad valid_lft 4000 preferred_lft 0',
  '2001:db8:1::2/64 dev va nodad valid_lft 4000 preferred_lft 3000 metric 77',
  '2001:db8:2::1 peer 2001:db8:2::2/128 dev va nodad noprefixroute home',
  'fec0::1/64 dev va nodad',
  '2001:db8:3::1/128 dev lo',
  '2001:db8:1::3/64 dev va mngtmpaddr',
];

const NEIGHBOURS: readonly string[] = [
  'fe80::1 lladdr 02:00:00:00:00:01 dev va router nud permanent',
  'fe80::2 lladdr 02:00:00:00:00:02 dev va nud stale',
  'fe80::4 lladdr 02:00:00:00:00:04 dev va nud noarp extern_learn',
  'proxy 2001:db8:5::1 dev va',
];

const NEXTHOPS: readonly string[] = [
  'id 1 via fe80::1 dev va',
  'id 2 via fe80::2 dev va onlink',
  'id 3 dev va protocol bgp',
  'id 4 blackhole',
  'id 10 group 1,3/2',
  'id 11 group 1/2,255',
  'id 12 group 1/2 type resilient buckets 8',
  'id 13 via fe80::9 fdb',
];

const ROUTES: readonly string[] = [
  '2001:db8:a::/64 via fe80::1 dev va metric 5 pref high',
  '2001:db8:aa::/64 via fe80::1 dev va metric 5 pref low',
  '2001:db8:b::/64 nexthop via fe80::1 dev va weight 3 nexthop via fe80::2 dev va weight 7',
  '2001:db8:c::/64 nhid 10',
  '2001:db8:d::/64 from 2001:db8:1::/64 dev va src 2001:db8:1::2 expires 600',
  'unreachable 2001:db8:e::/64 table 1000',
  'blackhole 2001:db8:f::/64 proto ra metric 3',
  'default via fe80::2 dev va table 70000',
];

export interface Topology {
  readonly name: string;
  /** Whether this kernel has VRFs; then `vrf1` is one and `vc` a port of it. */
  readonly hasVrf: boolean;
}

export function buildTopology(): Topology {
  const name = addNetns();
  const add = (command: string): string => ip('-n', name, ...command.split(' '));
  const maybe = (command: string): boolean => tryIp('-n', name, ...command.split(' '));
  add('link set lo up');
  add('link add va type veth peer name vb');
  add('link set va address 02:00:00:00:00:0a mtu 1400');
  add('link set vb address 02:00:00:00:00:0b');
  setSysctl(name, 'net/ipv6/conf/va/use_tempaddr', '1');
  setSysctl(name, 'net/ipv6/conf/va/router_probe_interval', '90');
  setSysctl(name, 'net/ipv6/conf/vb/disable_ipv6', '1');
  setSysctl(name, 'net/ipv6/conf/all/forwarding', '1');
  setSysctl(name, 'net/ipv6/conf/default/accept_ra', '0');
  setSysctl(name, 'net/ipv6/fib_multipath_hash_policy', '1');
  setSysctl(name, 'net/ipv6/route/gc_timeout', '45');
  const hasVrf = maybe('link add vrf1 type vrf table 77');
  if (hasVrf) {
    add('link set vrf1 up');
    add('link add vc type veth peer name vd');
    add('link set vc master vrf1 up');
    add('link set vd up');
    maybe('-6 rule add pref 90 l3mdev protocol zebra');
  }
  add('link set va up');
  add('link set vb up');
  for (const address of ADDRESSES) add(`-6 addr add ${address}`);
  RULES.forEach((rule, i) => {
    maybe(`-6 rule add pref ${100 + 10 * i} ${rule}`);
  });
  add('addrlabel add prefix 2001:db8:1::/48 label 99');
  add('addrlabel add prefix 2001:db8:2::/48 dev va label 100');
  for (const neighbour of NEIGHBOURS) add(`-6 neigh add ${neighbour}`);
  for (const nexthop of NEXTHOPS) {
    // A group is of no family.
    maybe(`${nexthop.includes('group') ? '' : '-6 '}nexthop add ${nexthop}`);
  }
  for (const route of ROUTES) add(`-6 route add ${route}`);
  return { name, hasVrf };
}
