/**
 * What RAs are held against: the kernel's own algorithm with the quirks of its patch level, or
 * the RFCs as a PvD-aware host follows them.
 */

/**
 * Where kernels of the same algorithm differ in what they make of an RA. One that is undefined is
 * not known: what hangs on it is left open.
 */
export interface RaQuirks {
  /** `rt6_route_rcv()` takes a RIO one unit shorter than RFC 4191, section 2.3 has it. */
  readonly rioShort: boolean | undefined;
  /**
   * `ipv6_create_tempaddr()` raises a preferred lifetime that is too short for a temporary
   * address to `regen_advance`, if that of the public address allows it, instead of making none.
   */
  readonly tempRaised: boolean | undefined;
  /** Default of `regen_min_advance`, in seconds; 0 where `ipv6_get_regen_advance()` is not there. */
  readonly regenMinAdvanceSec: number | undefined;
  /**
   * `fib6_add_rt2node()`: a default route of an RA meets a static one that expires. Kernels that
   * give `rt6_add_dflt_router()` the lifetime hand it on; the others end that route at once.
   */
  readonly dfltHasLifetime: boolean | undefined;
}

export interface RaProfile {
  readonly name: string;
  /**
   * `kernel`: what ndisc_router_discovery() reads, which knows no PvD option; `rfc`: what RFC 4861,
   * 4862, 4191 and 8801 make of the message, nested options and header included.
   */
  readonly reads: 'kernel' | 'rfc';
  readonly quirks: RaQuirks;
}

/** As in the newest kernels read (6.12, 7.2). */
export const RA_QUIRKS_NEW: RaQuirks = {
  rioShort: false,
  tempRaised: true,
  regenMinAdvanceSec: 2,
  dfltHasLifetime: true,
};

/** A kernel that was not asked. */
export const RA_QUIRKS_UNKNOWN: RaQuirks = {
  rioShort: undefined,
  tempRaised: undefined,
  regenMinAdvanceSec: undefined,
  dfltHasLifetime: undefined,
};

/** A kernel that does not know PvD. */
export const LINUX_RA: RaProfile = { name: 'linux', reads: 'kernel', quirks: RA_QUIRKS_NEW };

/** The ideal. */
export const RFC_RA: RaProfile = { name: 'rfc', reads: 'rfc', quirks: RA_QUIRKS_NEW };
