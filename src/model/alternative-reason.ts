/** The reasons in words, each with the kernel function that makes it so. */

import type { AlternativeKind, Reason, ReasonCode } from './alternative.ts';
import type { Comparison } from './alternative-compare.ts';
import { explainLines } from './explain.ts';

interface Told {
  readonly text: string;
  /** Kernel function, or RFC section. */
  readonly source: string;
}

export const REASONS: Readonly<Record<ReasonCode, Told>> = {
  'source-unrestricted': {
    text: 'a mark chooses a route, but every address of the host stays a candidate for the source',
    source: 'ipv6_dev_get_saddr() has no mark',
  },
  'no-rule-5.5': {
    text: 'an unbound flow gets a source without regard to the PvD of its route',
    source: 'ipv6_get_saddr_eval() has no rule 5.5 (RFC 6724, section 5)',
  },
  'tables-in-turn': {
    text: 'rules ask one table after the other: the first match wins, not the best route of the PvDs together',
    source: 'fib_rules_lookup()',
  },
  'copied-routes': {
    text: 'the copies are routes of a command, not of an RA: own metrics, no RTF_ADDRCONF',
    source: 'rt6_qualify_for_ecmp(), find_rr_leaf()',
  },
  'mark-taken': {
    text: 'the flow already has a mark with bits that stand for PvDs',
    source: 'fib_rule_match(): one mark for all uses',
  },
  'no-mark-left': {
    text: 'there are more PvDs than bits of a mark, so flows bound to this one go nowhere',
    source: 'fib_rule_match(): 32 bits',
  },
  'shared-prefix': {
    text: 'several PvDs announce one prefix on one device, but its route and addresses exist once',
    source: 'addrconf_prefix_rcv()',
  },
  'interface-in-several-pvds': {
    text: 'a device has one master at most: it went to the first PvD, with the routes and addresses of the others',
    source: 'do_vrf_add_slave(), netdev_master_upper_dev_link()',
  },
  'interface-has-master': {
    text: 'the device belongs to a bridge, a bond or another VRF, and cannot be in this one too',
    source: 'do_vrf_add_slave(), netdev_master_upper_dev_link()',
  },
  'pvd-without-interface': {
    text: 'every device of this PvD is elsewhere: its VRF is empty',
    source: 'do_vrf_add_slave(), netdev_master_upper_dev_link()',
  },
  'unbound-flows': {
    text: 'routes and addresses of the PvDs are in their VRFs, out of reach for a flow without binding',
    source: 'l3mdev_fib_table(), fib6_rule_lookup()',
  },
  'one-device': {
    text: 'a socket is bound to one device at most, so the application has to choose one PvD',
    source: 'sock_bindtoindex()',
  },
  'device-taken': {
    text: 'the socket is bound to a device outside the VRF of this PvD',
    source: 'sock_bindtoindex()',
  },
  'link-scope': {
    text: 'a VRF has no link of its own: link-local addresses and groups need the slave named',
    source: 'vrf_link_scope_lookup()',
  },
  'own-addresses': {
    text: 'addresses of this host on devices outside the VRF, ::1 included, are strangers in it',
    source: 'l3mdev_fib_table(): local routes are in the table of the VRF',
  },
  'no-such-pvd': {
    text: 'no such PvD, so no such device: binding fails, before any flow does',
    source: 'sock_setbindtodevice()',
  },
  'link-local-source': {
    text: 'the PvD has no address, so the link-local one of a device of its VRF is taken',
    source: '__ipv6_dev_get_saddr(): the addresses of the L3 domain, whatever their scope',
  },
  'outside-vrf': {
    text: 'the answer needs a device or an address that is not in the VRF',
    source: 'l3mdev_fib_table(), ipv6_dev_get_saddr()',
  },
};

/** A reason in one line. It holds names from RAs: escape it for a terminal. */
export function reasonText({ code, pvds, ifindex }: Reason): string {
  const { text, source } = REASONS[code];
  const about = [...pvds.map((id) => `PvD ${id}`), ...(ifindex === 0 ? [] : [`dev ${ifindex}`])];
  return `${code}: ${text} [${source}]${about.length === 0 ? '' : ` (${about.join(', ')})`}`;
}

const NAMES: Readonly<Record<AlternativeKind, string>> = {
  pbr: 'policy-based routing',
  vrf: 'VRFs',
};

/** A comparison as lines for people; escape them for a terminal. */
export function comparisonLines({ kind, patch, alternative, same, reasons }: Comparison): string[] {
  return [
    'with PvDs in the kernel:',
    ...explainLines(patch).map((line) => `  ${line}`),
    `with ${NAMES[kind]}:`,
    ...explainLines(alternative).map((line) => `  ${line}`),
    same ? 'the same' : 'not the same, because',
    ...reasons.map((one) => `  ${reasonText(one)}`),
  ];
}
