/**
 * The rules a Router Advertisement can break, each with the text that decides.
 *
 * Outcomes are what the RFCs demand of a PvD-aware host; `linux` and `netpvd` tell what
 * kernels do where that differs.
 */

import type { ProblemCode, Rule } from './problem.ts';

const drop = (rfc: string, message: string, more: Partial<Rule> = {}): Rule => ({
  outcome: 'drop',
  rfc,
  message,
  ...more,
});
const ignore = (rfc: string, message: string, more: Partial<Rule> = {}): Rule => ({
  outcome: 'ignore',
  rfc,
  message,
  ...more,
});
const remark = (rfc: string, message: string, more: Partial<Rule> = {}): Rule => ({
  outcome: 'remark',
  rfc,
  message,
  ...more,
});

const UNCHECKED_BY_KERNEL = 'not looked at: handed to user space as it is (RTM_NEWNDUSEROPT)';
const NAME_NETPVD =
  'any length octet is taken as a label length, the name may be read past the option';

/** Every rule by its code. */
export const RULES: Readonly<Record<ProblemCode, Rule>> = {
  // The message
  'ra-type': drop('RFC 4861, 4.2', 'not a Router Advertisement: ICMPv6 type is not 134'),
  'ra-too-short': drop('RFC 4861, 6.1.2', 'fewer than 16 octets of ICMPv6'),
  'ra-code': drop('RFC 4861, 6.1.2', 'ICMPv6 code is not 0'),
  'ra-hop-limit': drop(
    'RFC 4861, 6.1.2',
    'IPv6 hop limit is not 255: it may come from off the link',
  ),
  'ra-source': drop('RFC 4861, 6.1.2', 'IPv6 source is not a link-local address'),
  'ra-checksum': drop('RFC 4861, 6.1.2', 'ICMPv6 checksum is wrong'),
  'ra-fragmented': drop('RFC 6980, 5', 'it came in fragments', {
    linux: 'drops it unless suppress_frag_ndisc is 0 (ndisc_rcv)',
  }),
  'ra-captured-short': remark('-', 'the capture holds only the start of the message'),
  'ra-preference-reserved': remark(
    'RFC 4191, 2.2',
    'router preference 10 is reserved: taken as medium',
  ),
  'ra-preference-unused': remark(
    'RFC 4191, 2.2',
    'router preference without router lifetime has no meaning',
  ),
  'ra-reachable-time': remark('RFC 4861, 6.2.1', 'reachable time is over an hour'),
  // The walk over the options
  'option-length-zero': drop('RFC 4861, 6.1.2', 'option of length 0'),
  'option-overrun': drop('RFC 4861, 4.6', 'option longer than what is left of the message'),
  // TLLA, Redirected Header
  'option-not-for-ra': ignore(
    'RFC 4861, 6.1.2',
    'this option has no meaning in a Router Advertisement',
  ),
  'option-duplicate': remark('RFC 4861, 4.6', 'option that makes sense once is repeated', {
    linux: 'uses the first (ndisc_parse_options)',
    netpvd: 'uses the one inside the PvD option, else the first',
  }),
  'option-unknown': ignore('RFC 4861, 4.6', 'option type unknown here'),
  'padding-not-zero': remark('RFC 8801, 3.1; RFC 8106, 5.2', 'padding is not zero'),
  'reserved-not-zero': remark('RFC 4861, 4.6', 'reserved bits are set'),
  // Options of RFC 4861 and RFC 4191
  'lladdr-length': ignore('RFC 2464, 6', 'link-layer address does not fit this link', {
    linux: 'stops there: no neighbour, PIO, RIO, MTU of this RA is used (ndisc_router_discovery)',
    netpvd: 'deletes the PvD of this RA while routes and sockets may point to it',
    danger: true,
  }),
  'pio-length': ignore('RFC 4861, 4.6.2', 'PIO is not 4 units long', {
    linux: 'uses a longer one (addrconf_prefix_rcv)',
  }),
  'pio-prefix-length': ignore('RFC 4861, 4.6.2', 'prefix length is over 128'),
  'pio-link-local': ignore(
    'RFC 4861, 6.3.4; RFC 4862, 5.5.3',
    'the link-local prefix is not advertised',
  ),
  'pio-multicast': remark('RFC 4291, 2.7', 'multicast prefix', {
    linux: 'ignores the option (addrconf_prefix_rcv)',
  }),
  'pio-preferred': ignore('RFC 4862, 5.5.3', 'preferred lifetime is over the valid lifetime', {
    linux: 'ignores the on-link part as well (addrconf_prefix_rcv)',
  }),
  'pio-preferred-on-link': remark(
    'RFC 4861, 4.6.2',
    'preferred lifetime is over the valid lifetime',
    {
      linux: 'ignores the option (addrconf_prefix_rcv)',
    },
  ),
  'pio-not-64': remark(
    'RFC 4862, 5.5.3',
    'prefix of another length than 64: no address is formed of it',
  ),
  'prefix-bits': remark('RFC 4861, 4.6.2', 'bits past the prefix length are set: ignored'),
  'rio-length': ignore('RFC 4191, 2.3', 'length does not fit the prefix length', {
    netpvd: 'takes a too short one, missing prefix bits from what follows (rt6_route_rcv)',
  }),
  'rio-prefix-length': ignore('RFC 4191, 2.3', 'prefix length is over 128'),
  'rio-preference': ignore('RFC 4191, 2.3', 'route preference 10 is reserved'),
  'mtu-length': ignore('RFC 4861, 4.6.4', 'MTU option is not 1 unit long', {
    linux: 'uses it (ndisc_router_discovery)',
  }),
  'mtu-too-small': ignore('RFC 4861, 6.3.4', 'MTU is below 1280'),
  // RFC 8106
  'rdnss-length': ignore('RFC 8106, 5.3.1', 'length is not 1 + 2n units, n > 0', {
    linux: UNCHECKED_BY_KERNEL,
  }),
  'rdnss-address': ignore('RFC 8106, 5.3.1', 'DNS server address is not unicast', {
    linux: UNCHECKED_BY_KERNEL,
  }),
  'dnssl-length': ignore('RFC 8106, 5.3.1', 'DNSSL is shorter than 2 units', {
    linux: UNCHECKED_BY_KERNEL,
  }),
  'dnssl-empty': ignore('RFC 8106, 5.2', 'no domain name inside', { linux: UNCHECKED_BY_KERNEL }),
  // Names (PvD ID, DNSSL, Encrypted DNS)
  'name-truncated': ignore('RFC 1035, 3.1', 'name without root label', {
    netpvd: NAME_NETPVD,
    danger: true,
  }),
  'name-compressed': ignore('RFC 8801, 3.1; RFC 8106, 5.2', 'compression pointer in a name', {
    netpvd: NAME_NETPVD,
    danger: true,
  }),
  'name-label-length': ignore('RFC 1035, 2.3.4', 'label over 63 octets', {
    netpvd: NAME_NETPVD,
    danger: true,
  }),
  'name-too-long': ignore('RFC 1035, 2.3.4', 'name over 255 octets', {
    netpvd: 'over 255 characters: container ignored; exactly 255: the whole RA is dropped',
  }),
  'name-empty': ignore('RFC 8801, 3.1', 'the PvD ID is the root, not a name'),
  'name-unusual': remark('RFC 1123, 2.1', 'name is not of letters, digits and hyphens', {
    netpvd: 'NUL ends the label in its name; with "/" the PvD has no proc directory',
  }),
  // RFC 6275, 5175, 8781, 8910, 9463
  'advertisement-interval-length': ignore('RFC 6275, 7.3', 'length is not 1 unit'),
  'home-agent-length': ignore('RFC 6275, 7.4', 'length is not 1 unit'),
  'home-agent-lifetime': remark('RFC 6275, 7.4', 'home agent lifetime 0 must not be used'),
  'home-agent-no-flag': remark('RFC 6275, 7.4', 'home agent information without H flag'),
  'ra-flags-empty': remark('RFC 5175, 4', 'no flag is set, so the option should be absent'),
  'pref64-length': ignore('RFC 8781, 4', 'length is not 2 units', { linux: UNCHECKED_BY_KERNEL }),
  'pref64-plc': ignore('RFC 8781, 4', 'prefix length code 6 or 7', { linux: UNCHECKED_BY_KERNEL }),
  'captive-portal-uri': ignore(
    'RFC 8910, 2.3; RFC 3986, 2',
    'empty, or not the characters of a URI',
    {
      linux: UNCHECKED_BY_KERNEL,
    },
  ),
  'captive-portal-address': remark('RFC 8910, 2', 'an IP address instead of a name'),
  'captive-portal-long': remark('RFC 8910, 2', 'URI over 255 octets'),
  'encrypted-dns-length': ignore('RFC 9463, 6.1', 'a length inside exceeds the option', {
    linux: 'does not know the option, nor hands it on',
  }),
  'encrypted-dns-address': ignore('RFC 9463, 3.1.8', 'not whole, or not one usable address', {
    linux: 'does not know the option, nor hands it on',
  }),
  'encrypted-dns-address-unusable': remark(
    'RFC 9463, 6.2',
    'an address that is multicast, loopback or unspecified is not used',
  ),
  'encrypted-dns-params': ignore('RFC 9460, 2.2', 'SvcParams cut, unordered or repeated', {
    linux: 'does not know the option, nor hands it on',
  }),
  'encrypted-dns-hint': ignore('RFC 9463, 3.1.5', 'ipv4hint or ipv6hint among the SvcParams', {
    linux: 'does not know the option, nor hands it on',
  }),
  // RFC 8801
  'pvd-header': ignore('RFC 8801, 3.1', 'R flag set, but no room for the RA header'),
  'pvd-header-fixed': remark(
    'RFC 8801, 3.1',
    'inner RA header with type, code or checksum other than 134, 0, 0',
  ),
  'pvd-header-precedence': remark(
    'RFC 8801, 3.4',
    'the RA header inside differs from the one outside: it takes precedence',
    { linux: 'does not look inside the PvD option: the one outside counts' },
  ),
  'pvd-id-case': remark('RFC 8801, 3.1; RFC 4343, 3', 'upper case in the PvD ID: no distinction', {
    netpvd: 'compares octets: in another case it is another PvD',
  }),
  'pvd-delay-unused': remark('RFC 8801, 3.1', 'delay or sequence number set without H flag'),
  'pvd-duplicate': ignore('RFC 8801, 3.4', 'all but the first PvD option are ignored', {
    netpvd:
      'walks into it with the size of the first: takes its options for its own, or never ends',
    danger: true,
  }),
  'pvd-in-pvd': ignore('RFC 8801, 3.2', 'a PvD option contains no further PvD option'),
  'pvd-option-length-zero': drop('RFC 4861, 4.6', 'option of length 0 inside the PvD option', {
    linux: 'does not look inside the PvD option: the RA is used',
    linuxAccepts: true,
    netpvd:
      'nested options before it stay in force; an outer one of their kind after it: never ends',
    danger: true,
  }),
  'pvd-option-overrun': ignore(
    'RFC 8801, 3.1',
    'nested option longer than what is left of the PvD option',
    {
      linux: 'does not look inside the PvD option',
      netpvd:
        'nested options before it count for the implicit PvD, outer ones after it may be lost',
    },
  ),
};
