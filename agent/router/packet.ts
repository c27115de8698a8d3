/** The IPv6 packet around an ICMPv6 message (RFC 8200, section 3). */

import { putU16 } from '../../src/decode/nd/bytes.ts';
import { icmp6Checksum } from '../../src/decode/nd/checksum.ts';
import { type Addr6, addr6Bytes } from '../../src/net/addr6.ts';

const HEADER_BYTES = 40;
const IPPROTO_ICMPV6 = 58;
const CHECKSUM_AT = 2;
const ICMP_HEADER_BYTES = 4;

export interface Envelope6 {
  readonly saddr: Addr6;
  readonly daddr: Addr6;
  readonly hopLimit: number;
  /** Put the right checksum into the message. */
  readonly checksum: boolean;
}

export function ipv6Packet(message: Uint8Array, envelope: Envelope6): Uint8Array {
  const out = new Uint8Array(HEADER_BYTES + message.length);
  out[0] = 0x60;
  putU16(out, 4, message.length);
  out[6] = IPPROTO_ICMPV6;
  out[7] = envelope.hopLimit;
  out.set(addr6Bytes(envelope.saddr), 8);
  out.set(addr6Bytes(envelope.daddr), 24);
  out.set(message, HEADER_BYTES);
  if (envelope.checksum && message.length >= ICMP_HEADER_BYTES) {
    const sum = icmp6Checksum(message, envelope.saddr, envelope.daddr);
    putU16(out, HEADER_BYTES + CHECKSUM_AT, sum);
  }
  return out;
}
