/** Router Solicitations (RFC 4861, section 4.1). */

import type { Received } from '../libbpf/nd-socket.ts';

const RS_TYPE = 133;
const RS_HEADER_BYTES = 8;
const UNIT = 8;
const SLLA_TYPE = 1;
const HOP_LIMIT = 255;

/** Validity (RFC 4861, section 6.1.1); the checksum was verified by the kernel. */
export function isSolicitation({ message, hopLimit, fromUnspecified }: Received): boolean {
  if (hopLimit !== undefined && hopLimit !== HOP_LIMIT) return false;
  if (message.length < RS_HEADER_BYTES || message[0] !== RS_TYPE || message[1] !== 0) return false;
  for (let at = RS_HEADER_BYTES; at < message.length; ) {
    const len = (message[at + 1] ?? 0) * UNIT;
    if (len === 0 || at + len > message.length) return false;
    if (message[at] === SLLA_TYPE && fromUnspecified) return false;
    at += len;
  }
  return true;
}
