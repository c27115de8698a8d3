/** Numbers of the kernel's UAPI and of `include/net/` that decisions depend on, under the kernel's names. */

/** `RTF_*`, include/uapi/linux/ipv6_route.h. */
export const RTF_UP = 0x0001;
export const RTF_GATEWAY = 0x0002;
export const RTF_REJECT = 0x0200;
export const RTF_ADDRCONF = 0x0004_0000;
export const RTF_ANYCAST = 0x0010_0000;
export const RTF_NONEXTHOP = 0x0020_0000;
export const RTF_EXPIRES = 0x0040_0000;
export const RTF_LOCAL: number = 0x8000_0000 | 0;
/** `RTF_PREF(pref)`: router preference of RFC 4191, section 2.1, in bits 27 and 28. */
export const RTF_PREF_SHIFT = 27;

/** `RTN_*`, include/uapi/linux/rtnetlink.h. */
export const RTN_UNICAST = 1;
export const RTN_LOCAL = 2;
export const RTN_ANYCAST = 4;
export const RTN_MULTICAST = 5;
export const RTN_BLACKHOLE = 6;
export const RTN_UNREACHABLE = 7;
export const RTN_PROHIBIT = 8;
export const RTN_THROW = 9;

/** `RTNH_F_*`. */
export const RTNH_F_DEAD = 1;
export const RTNH_F_LINKDOWN = 16;

/** `RT6_LOOKUP_F_*`, include/net/ip6_route.h. */
export const F_IFACE = 0x01;
export const F_REACHABLE = 0x02;
export const F_HAS_SADDR = 0x04;
/** `rt6_srcprefs2flags()`: `IPV6_PREFER_SRC_*` shifted by three. */
export const F_SRCPREF_SHIFT = 3;
export const F_IGNORE_LINKSTATE = 0x40;

/** `NUD_*`, include/uapi/linux/neighbour.h. */
export const NUD_FAILED = 0x20;
/** PERMANENT, NOARP, REACHABLE, PROBE, STALE, DELAY. */
export const NUD_VALID = 0xde;

/** `IFA_F_*`. */
export const IFA_F_TEMPORARY = 0x01;
export const IFA_F_OPTIMISTIC = 0x04;
export const IFA_F_HOMEADDRESS = 0x10;
export const IFA_F_DEPRECATED = 0x20;
export const IFA_F_TENTATIVE = 0x40;
export const IFA_F_PERMANENT = 0x80;

/** `RTPROT_*`, include/uapi/linux/rtnetlink.h. */
export const RTPROT_KERNEL = 2;
export const RTPROT_BOOT = 3;
export const RTPROT_RA = 9;

/** `IPV6_PREFER_SRC_*` that sockets keep (RFC 5014). */
export const PREFER_SRC_TMP = 0x1;
export const PREFER_SRC_PUBLIC = 0x2;
export const PREFER_SRC_COA = 0x4;

/** `FR_ACT_*` and `FIB_RULE_*`, include/uapi/linux/fib_rules.h. */
export const FR_ACT_TO_TBL = 1;
export const FR_ACT_GOTO = 2;
export const FR_ACT_NOP = 3;
export const FR_ACT_BLACKHOLE = 6;
export const FR_ACT_UNREACHABLE = 7;
export const FR_ACT_PROHIBIT = 8;
export const FIB_RULE_INVERT = 0x2;
export const FIB_RULE_FIND_SADDR = 0x0001_0000;

export const RT6_TABLE_MAIN = 254;
export const RT6_TABLE_LOCAL = 255;
export const LOOPBACK_IFINDEX = 1;

export const PROTO_TCP = 6;

/** errno values a decision can end with, as positive numbers. */
export const EAGAIN = 11;
export const EACCES = 13;
export const ENODEV = 19;
export const EINVAL = 22;
export const EAFNOSUPPORT = 97;
export const EADDRNOTAVAIL = 99;
export const ENETUNREACH = 101;
export const EHOSTUNREACH = 113;

/** `ip6_rt_type_to_error()`: what a dst of a reject type answers (table `fib6_prop`). */
export function typeToError(type: number): number {
  switch (type) {
    case RTN_BLACKHOLE:
      return EINVAL;
    case RTN_UNREACHABLE:
      return EHOSTUNREACH;
    case RTN_PROHIBIT:
      return EACCES;
    case RTN_THROW:
      return EAGAIN;
    default:
      return 0;
  }
}
