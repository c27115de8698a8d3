/**
 * PvD identifiers.
 *
 * An explicit PvD is named by an FQDN that is compared without regard to case
 * (RFC 8801, section 3.1); an implicit one by the interface and the router's
 * link-local address that define it (RFC 7556, section 2.1).
 */

import type { Addr6 } from './addr6.ts';

declare const brand: unique symbol;

/** Key of a PvD within one netns: equal exactly when the PvDs are the same. */
export type PvdId = string & { readonly [brand]: 'PvdId' };

/**
 * Key of an explicit PvD. `name` is the escaped presentation form of
 * `dns-name.ts`, without the final dot; ASCII letters are folded (RFC 4343).
 */
export function explicitPvdId(name: string): PvdId {
  return name.replace(/[A-Z]/g, (c) => c.toLowerCase()) as PvdId;
}

/** Key of an implicit PvD, e.g. `implicit:2:fe80::1`. A DNS name cannot hold an unescaped colon. */
export function implicitPvdId(ifindex: number, router: Addr6): PvdId {
  return `implicit:${ifindex}:${router}` as PvdId;
}

/** Whether the key names an implicit PvD. */
export function isImplicitPvdId(id: PvdId): boolean {
  return id.startsWith('implicit:');
}
