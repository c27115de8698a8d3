/** The pcap format (draft-ietf-opsawg-pcap). */

import type { Packet, ReadStep } from './capture.ts';

const MAGIC_US = 0xa1b2c3d4;
const MAGIC_NS = 0xa1b23c4d;
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
/** No capture has longer packets: MAXIMUM_SNAPLEN of libpcap. */
export const PACKET_BYTES_MAX: number = 262_144;
const NS_PER_SEC = 1_000_000_000n;

/** Undefined when the magic number is another. */
export function createPcapReader(start: Buffer): ReadStep | undefined {
  const magics = [start.readUInt32LE(0), start.readUInt32BE(0)];
  const found = magics.findIndex((magic) => magic === MAGIC_US || magic === MAGIC_NS);
  if (found < 0) return undefined;
  const u32 = (bytes: Buffer, at: number): number =>
    found === 0 ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  const nsPerUnit = magics[found] === MAGIC_NS ? 1n : 1000n;
  let linkType: number | undefined;
  let frame = 0;
  return (bytes) => {
    if (linkType === undefined) {
      if (bytes.length < FILE_HEADER_BYTES) return { need: FILE_HEADER_BYTES };
      // The upper half tells about a frame check sequence.
      linkType = u32(bytes, 20) & 0xffff;
      return { used: FILE_HEADER_BYTES };
    }
    if (bytes.length < RECORD_HEADER_BYTES) return { need: RECORD_HEADER_BYTES };
    const capLen = u32(bytes, 8);
    if (capLen > PACKET_BYTES_MAX) return { fault: `packet of ${capLen} octets` };
    const used = RECORD_HEADER_BYTES + capLen;
    if (bytes.length < used) return { need: used };
    const packet: Packet = {
      frame: ++frame,
      linkType,
      timeNs: BigInt(u32(bytes, 0)) * NS_PER_SEC + BigInt(u32(bytes, 4)) * nsPerUnit,
      bytes: bytes.subarray(RECORD_HEADER_BYTES, used),
    };
    return { used, packet };
  };
}
