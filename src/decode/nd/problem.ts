/**
 * What can be wrong with a Router Advertisement: one stable code a rule.
 *
 * `drop`: the whole RA is discarded; `ignore`: the option is; `remark`: it is used, but
 * its sender broke a rule or a reader may be surprised. That is what the RFC demands of a
 * PvD-aware host. `linux` tells what mainline Linux does where that differs, `netpvd` what the
 * historic PvD patch on 4.15 does; an input with `danger` can lock up or crash that kernel.
 */

export type ProblemOutcome = 'drop' | 'ignore' | 'remark';

export interface Rule {
  readonly outcome: ProblemOutcome;
  /** Document and section that decides, e.g. `RFC 4861, 6.1.2`. */
  readonly rfc: string;
  readonly message: string;
  /** What mainline Linux makes of the RA when it is not what the RFC demands. */
  readonly linux?: string;
  /** Mainline Linux keeps an RA that the RFC drops. */
  readonly linuxAccepts?: true;
  readonly netpvd?: string;
  readonly danger?: true;
}

/** Stable names of the rules; what each says is in `RULES`. */
export type ProblemCode =
  | 'ra-type'
  | 'ra-too-short'
  | 'ra-code'
  | 'ra-hop-limit'
  | 'ra-source'
  | 'ra-checksum'
  | 'ra-fragmented'
  | 'ra-captured-short'
  | 'ra-preference-reserved'
  | 'ra-preference-unused'
  | 'ra-reachable-time'
  | 'option-length-zero'
  | 'option-overrun'
  | 'option-not-for-ra'
  | 'option-duplicate'
  | 'option-unknown'
  | 'padding-not-zero'
  | 'reserved-not-zero'
  | 'lladdr-length'
  | 'pio-length'
  | 'pio-prefix-length'
  | 'pio-link-local'
  | 'pio-multicast'
  | 'pio-preferred'
  | 'pio-preferred-on-link'
  | 'pio-not-64'
  | 'prefix-bits'
  | 'rio-length'
  | 'rio-prefix-length'
  | 'rio-preference'
  | 'mtu-length'
  | 'mtu-too-small'
  | 'rdnss-length'
  | 'rdnss-address'
  | 'dnssl-length'
  | 'dnssl-empty'
  | 'name-truncated'
  | 'name-compressed'
  | 'name-label-length'
  | 'name-too-long'
  | 'name-empty'
  | 'name-unusual'
  | 'advertisement-interval-length'
  | 'home-agent-length'
  | 'home-agent-lifetime'
  | 'home-agent-no-flag'
  | 'ra-flags-empty'
  | 'pref64-length'
  | 'pref64-plc'
  | 'captive-portal-uri'
  | 'captive-portal-address'
  | 'captive-portal-long'
  | 'encrypted-dns-length'
  | 'encrypted-dns-address'
  | 'encrypted-dns-address-unusable'
  | 'encrypted-dns-params'
  | 'encrypted-dns-hint'
  | 'pvd-header'
  | 'pvd-header-fixed'
  | 'pvd-header-precedence'
  | 'pvd-id-case'
  | 'pvd-delay-unused'
  | 'pvd-duplicate'
  | 'pvd-in-pvd'
  | 'pvd-option-length-zero'
  | 'pvd-option-overrun';

/** One rule broken at one place. `offset` counts from the first octet of the ICMPv6 message. */
export interface Problem extends Rule {
  readonly code: ProblemCode;
  readonly offset: number;
}

/** Takes note of a broken rule at an offset. */
export type Report = (code: ProblemCode, offset: number) => void;
