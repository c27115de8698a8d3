/** The packet of an RA record, as Wireshark wants it: IPv6 header, then the ICMPv6 message. */

import { KIND, LAYOUT } from '../../src/decode/layout.gen.ts';

const HDR = LAYOUT.pvd_hdr;
const RA = LAYOUT.pvd_ra;
const IP6_BYTES = 40;
const IPPROTO_ICMPV6 = 58;

export interface RaPacket {
  readonly raId: bigint;
  readonly netnsCookie: bigint;
  readonly ifindex: number;
  readonly ifname: string;
  readonly tsNs: bigint;
  readonly bytes: Uint8Array;
  readonly originalLength: number;
}

/** The packet inside an RA record; undefined for any other or a malformed one. */
export function raPacket(record: Uint8Array): RaPacket | undefined {
  if (record.length < RA.size) return undefined;
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  if (view.getUint16(HDR.kind, true) !== KIND.RA) return undefined;
  const capLen = view.getUint16(RA.cap_len, true);
  if (RA.data + capLen > record.length) return undefined;
  const msgLen = Math.max(view.getUint16(RA.msg_len, true), capLen);
  const bytes = new Uint8Array(IP6_BYTES + capLen);
  bytes.set(record.subarray(RA.ip6, RA.ip6 + IP6_BYTES));
  bytes.set(record.subarray(RA.data, RA.data + capLen), IP6_BYTES);
  // Extension headers between the two are not recorded, so the header must not announce them.
  bytes[4] = msgLen >> 8;
  bytes[5] = msgLen & 0xff;
  bytes[6] = IPPROTO_ICMPV6;
  const name = record.subarray(RA.ifname, RA.ip6);
  const end = name.indexOf(0);
  return {
    raId: view.getBigUint64(RA.ra_id, true),
    netnsCookie: view.getBigUint64(HDR.netns_cookie, true),
    ifindex: view.getInt32(RA.ifindex, true),
    ifname: Buffer.from(name.subarray(0, end < 0 ? name.length : end)).toString('utf8'),
    tsNs: view.getBigUint64(HDR.ts_ns, true),
    bytes,
    originalLength: IP6_BYTES + msgLen,
  };
}
