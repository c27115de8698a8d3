/**
 * Profiles: which algorithm a decision is held against, as data.
 *
 * Behaviour follows the patch level of a kernel, not its release name (fixes are
 * backported), so a profile is a set of named quirks. Calibration on the live kernel
 * fills them in; nothing here guesses from a version.
 */

/** Rules of source address selection, by the name the kernel gives them (RFC 6724, section 5). */
export type SaddrRule =
  | 'local'
  | 'scope'
  | 'preferred'
  | 'hoa'
  | 'oif'
  | 'next-hop'
  | 'label'
  | 'privacy'
  | 'orchid'
  | 'prefix'
  | 'not-optimistic';

/** Where kernels of the same algorithm differ. */
export interface Quirks {
  /** `ip6_pol_route()` skips multipath when the route found already leaves through oif. */
  readonly oifMatchShortcut: boolean;
  /** `rt6_nh_find_match()` scores every member of a nexthop group, not only up to the first match. */
  readonly nhgrpScanAll: boolean;
  /** `CONFIG_IPV6_ROUTER_PREF`: RFC 4191 preferences count and FAILED is told from unknown. */
  readonly routerPref: boolean;
  /** `fib_rule_iif_match()` and its oif twin: a rule that names a VRF matches what belongs to it. */
  readonly ruleL3Master: boolean;
  /** `CONFIG_IPV6_MIP6`: home addresses are preferred. */
  readonly mip6: boolean;
  /**
   * `CONFIG_INIT_STACK_ALL_ZERO`: in a VRF a sole address of the outgoing device and the VRF
   * is taken without looking further, whatever its scope; without it the kernel may or may not.
   */
  readonly stackInit: boolean;
  /** Rule 5.5 of RFC 6724: sources of a prefix that the next hop advertised are preferred. */
  readonly nextHopRule: boolean;
}

/** Quirks as far as they are known; what is `undefined` may be either way. */
export type KnownQuirks = { readonly [K in keyof Quirks]: boolean | undefined };

/**
 * How a PvD binding restricts a decision.
 * - `none`: the kernel knows no PvD.
 * - `netpvd`: the 2018 patch; only `find_rr_leaf()` and the OIF rule look at it.
 * - `strict`: routes and sources outside the binding do not exist for the flow, but
 *   local, link-local, multicast and loopback destinations stay reachable.
 */
export type PvdMode = 'none' | 'netpvd' | 'strict';

/**
 * Binding to several PvDs: routes and sources of all of them, or the tie broken first: the
 * first that exists, then as with one PvD.
 */
export type MultiPvd = 'union' | 'first-match';

export interface Profile {
  readonly name: string;
  readonly quirks: KnownQuirks;
  /** In the order they are applied. */
  readonly saddrRules: readonly SaddrRule[];
  /** Candidates that tie in all rules: the kernel keeps the first, the RFC leaves the choice open. */
  readonly saddrTies: 'first' | 'any';
  /** Longest match looks at no more bits than the candidate's prefix length. */
  readonly saddrPrefixCap: boolean;
  readonly pvd: PvdMode;
  readonly multiPvd: MultiPvd;
}

/** As in the newest kernel read (7.2), which has no rule 5.5. */
export const QUIRKS_NEW: Quirks = {
  oifMatchShortcut: true,
  nhgrpScanAll: true,
  routerPref: true,
  ruleL3Master: true,
  mip6: true,
  stackInit: true,
  nextHopRule: false,
};

/** `enum { IPV6_SADDR_RULE_INIT, … }` of net/ipv6/addrconf.c; `next-hop` where there is that quirk. */
const KERNEL_RULES: readonly SaddrRule[] = [
  'local',
  'scope',
  'preferred',
  'hoa',
  'oif',
  'next-hop',
  'label',
  'privacy',
  'orchid',
  'prefix',
  'not-optimistic',
];

/** RFC 6724, section 5: rules 1 to 8, 5.5 included. */
const RFC_RULES: readonly SaddrRule[] = [
  'local',
  'scope',
  'preferred',
  'hoa',
  'oif',
  'next-hop',
  'label',
  'privacy',
  'prefix',
];

/** A stock kernel. */
export const LINUX: Profile = {
  name: 'linux',
  quirks: QUIRKS_NEW,
  saddrRules: KERNEL_RULES,
  saddrTies: 'first',
  saddrPrefixCap: true,
  pvd: 'none',
  multiPvd: 'union',
};

/** A kernel with this project's PvD series: rule 5.5 right after rule 5. */
export const LINUX_PVD: Profile = {
  ...LINUX,
  name: 'linux-pvd',
  quirks: { ...QUIRKS_NEW, nextHopRule: true },
  pvd: 'strict',
};

/** The PvD patch for Linux 4.15 (2018). */
export const NETPVD: Profile = {
  ...LINUX,
  name: 'netpvd-4.15',
  quirks: { ...QUIRKS_NEW, oifMatchShortcut: false, nhgrpScanAll: false, ruleL3Master: false },
  pvd: 'netpvd',
};

/** The ideal: RFC 6724 with rule 5.5, and a PvD binding that holds. */
export const RFC: Profile = {
  ...LINUX,
  name: 'rfc',
  quirks: { ...QUIRKS_NEW, nextHopRule: true },
  saddrRules: RFC_RULES,
  saddrTies: 'any',
  pvd: 'strict',
};

export const PROFILES: readonly Profile[] = [LINUX, LINUX_PVD, NETPVD, RFC];

/** The profile of that name; undefined when there is none. */
export function profileByName(name: string): Profile | undefined {
  return PROFILES.find((profile) => profile.name === name);
}

/** The profile with some quirks replaced, e.g. by what calibration found. */
export function withQuirks(profile: Profile, quirks: Partial<Quirks>): Profile {
  return { ...profile, quirks: { ...profile.quirks, ...quirks } };
}

/**
 * The profile for a kernel that was asked: its quirks are those found, by name, and what was
 * not found is unknown. Only `rfc` keeps its rule 5.5, with which it is no kernel.
 */
export function withCalibration(
  profile: Profile,
  found: Readonly<Record<string, boolean>> | undefined,
): Profile {
  const known = Object.fromEntries(
    Object.keys(QUIRKS_NEW).map((name) => [name, found?.[name]]),
  ) as KnownQuirks;
  const { nextHopRule } = profile.name === RFC.name ? RFC.quirks : known;
  return { ...profile, quirks: { ...known, nextHopRule } };
}
