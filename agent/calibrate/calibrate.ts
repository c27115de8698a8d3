/**
 * Calibration: asks this kernel how it behaves where kernels of one release differ, by
 * building small states in namespaces of its own and looking at the answers. The names are
 * those of the model's quirks.
 */

import type { Quirks } from '../../src/model/profile.ts';
import { askFresh } from './fresh-netns.ts';
import { hasRouterPref, hasStackInit, kernelConfig } from './kernel-config.ts';
import { nextHopRule } from './next-hop-rule.ts';

/** Questions enough for a hash to hit either of two shares: one in 2^31 is taken for the other. */
const SHARES = 32;

/**
 * The quirks this kernel has (true) or has not (false); one that could not be found out is
 * absent. Most need ip(8) and unshare(1), CAP_SYS_ADMIN and CAP_NET_ADMIN, and CAP_NET_RAW for
 * rule 5.5. Leaves nothing behind. Never rejects: what fails is not found.
 */
export async function calibrate(): Promise<Partial<Quirks>> {
  const found = await Promise.all([plainQuirks(), vrfQuirks(), nextHopRule()]);
  const routerPref = hasRouterPref();
  return Object.assign(routerPref === undefined ? {} : { routerPref }, ...found);
}

const PLAIN = [
  'link set lo up',
  ...['A', 'B'].flatMap((name) => [
    `link add ${name} type veth peer name p${name}`,
    `link set p${name} up`,
    `link set ${name} up`,
  ]),
  'route add 2001:db8:1::/48 nexthop via fe80::1 dev A nexthop via fe80::2 dev A',
  'nexthop add id 1 via fe80::1 dev A',
  'nexthop add id 2 via fe80::2 dev B',
  'nexthop add id 3 group 1/2',
  'route add 2001:db8:2::/48 nhid 3',
  'route append 2001:db8:2::/48 via fe80::9 dev B',
  'addr add 2001:db8:4::1/64 dev A home nodad',
  'addr add 2001:db8:4::2/64 dev A nodad',
  'route add 2001:db8:5::/48 dev A',
  'route get 2001:db8:2::1 from 2001:db8:4::2 oif B',
  'route get 2001:db8:5::1',
  ...Array.from(
    { length: SHARES },
    (_, i) => `route get 2001:db8:1::${(i + 1).toString(16)} oif A`,
  ),
];

/** Multipath under oif, groups and home addresses. */
async function plainQuirks(): Promise<Partial<Quirks>> {
  const [group, home, ...shares] = await askFresh([], PLAIN);
  if (shares.length !== SHARES) return {};
  return {
    // ip6_pol_route(): with the shortcut the first sibling always has it.
    oifMatchShortcut: shares.every((answer) => answer.gateway === 'fe80::1'),
    // rt6_nh_find_match(): up to its first match the group loses to the route behind it.
    ...(group?.gateway === undefined ? {} : { nhgrpScanAll: group.gateway !== 'fe80::9' }),
    // ipv6_get_saddr_eval(): the other address is newer.
    ...(home?.prefsrc === undefined ? {} : { mip6: home.prefsrc === '2001:db8:4::1' }),
  };
}

const VRF = [
  'link set lo up',
  'link add red type vrf table 100',
  'link set red up',
  ...['A', 'C'].flatMap((name) => [
    `link add ${name} type veth peer name p${name}`,
    `link set ${name} addrgenmode none`,
    `link set ${name} master red`,
    `link set p${name} up`,
    `link set ${name} up`,
  ]),
  'addr add fe80::a/64 dev A nodad',
  'addr add 2001:db8:c::1/64 dev C nodad',
  'route add ::/0 via fe80::1 dev A table 100',
  'route add ::/0 via fe80::2 dev A table 101',
  'rule add pref 5 oif red lookup 101',
  'route get 2001:db8:9::1 oif red',
  ...Array.from(
    { length: SHARES },
    (_, i) => `route get 2001:db8:8::${(i + 1).toString(16)} oif A`,
  ),
];

/** Rules that name a VRF, and what stands on the stack when a sole source is looked at. */
async function vrfQuirks(): Promise<Partial<Quirks>> {
  const [rule, ...sources] = await askFresh(['-6'], VRF);
  if (sources.length !== SHARES || rule?.gateway === undefined) return {};
  const isFirst = sources.every((answer) => answer.prefsrc === 'fe80::a');
  // One that is always the first may be so by chance, unless the build says why.
  const stackInit = isFirst ? hasStackInit(kernelConfig()) : false;
  return {
    ruleL3Master: rule.gateway === 'fe80::2',
    ...(stackInit === undefined ? {} : { stackInit }),
  };
}
