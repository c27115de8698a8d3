/** `__ipv6_addr_type()` (net/ipv6/addrconf_core.c): what an address is, and its scope. */

export const ADDR_ANY = 0x0000;
export const ADDR_UNICAST = 0x0001;
export const ADDR_MULTICAST = 0x0002;
export const ADDR_LOOPBACK = 0x0010;
export const ADDR_LINKLOCAL = 0x0020;
export const ADDR_SITELOCAL = 0x0040;
export const ADDR_COMPATV4 = 0x0080;
export const ADDR_MAPPED = 0x1000;

export const SCOPE_LINKLOCAL = 2;
const SCOPE_SITELOCAL = 5;
const SCOPE_GLOBAL = 14;
const GLOBAL = SCOPE_GLOBAL << 16;

/** Type bits, with the scope of RFC 4291 and RFC 4007 in bits 16 and up. */
export function addrType(w: Uint32Array, at: number): number {
  const w0 = w[at] ?? 0;
  const top = w0 >>> 29;
  if (top !== 0 && top !== 7) return ADDR_UNICAST | GLOBAL;
  if (w0 >>> 24 === 0xff) return multicastType((w0 >>> 16) & 0x0f);
  const ten = w0 >>> 22;
  if (ten === 0x3fa) return ADDR_LINKLOCAL | ADDR_UNICAST | (SCOPE_LINKLOCAL << 16);
  if (ten === 0x3fb) return ADDR_SITELOCAL | ADDR_UNICAST | (SCOPE_SITELOCAL << 16);
  if ((w0 | (w[at + 1] ?? 0)) === 0) {
    const w2 = w[at + 2] ?? 0;
    const w3 = w[at + 3] ?? 0;
    if (w2 === 0) {
      if (w3 === 0) return ADDR_ANY;
      if (w3 === 1) return ADDR_LOOPBACK | ADDR_UNICAST | (SCOPE_LINKLOCAL << 16);
      return ADDR_COMPATV4 | ADDR_UNICAST | GLOBAL;
    }
    if (w2 === 0xffff) return ADDR_MAPPED | GLOBAL;
  }
  return ADDR_UNICAST | GLOBAL;
}

/** `ipv6_addr_scope2type()`: interface-local counts as loopback. */
function multicastType(scope: number): number {
  const type = ADDR_MULTICAST | (scope << 16);
  if (scope === 1) return type | ADDR_LOOPBACK;
  if (scope === SCOPE_LINKLOCAL) return type | ADDR_LINKLOCAL;
  if (scope === SCOPE_SITELOCAL) return type | ADDR_SITELOCAL;
  return type;
}

/** `__ipv6_addr_src_scope()`: -1 for the unspecified address. */
export function srcScope(type: number): number {
  return type === ADDR_ANY ? -1 : type >>> 16;
}

/** `rt6_need_strict()`: destinations that mean nothing without an interface. */
export function needStrict(type: number): boolean {
  return (type & (ADDR_MULTICAST | ADDR_LINKLOCAL | ADDR_LOOPBACK)) !== 0;
}
