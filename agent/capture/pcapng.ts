/** The pcapng format (draft-ietf-opsawg-pcapng): packets of all its kinds, nothing else. */

import type { Packet, ReadStep, Step } from './capture.ts';
import { PACKET_BYTES_MAX } from './pcap.ts';

const BLOCK = {
  section: 0x0a0d0d0a,
  interface: 1,
  packet: 2,
  simplePacket: 3,
  enhancedPacket: 6,
} as const;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const FRAME_BYTES = 12;
const OPTION_TSRESOL = 9;
/** Interfaces remembered in one section. */
const INTERFACES_MAX = 65_536;
const READ_BLOCK_BYTES_MAX = PACKET_BYTES_MAX + 65_536;
const NS_PER_SEC = 1_000_000_000n;

interface Interface {
  readonly linkType: number;
  readonly unitsPerSec: bigint;
}

/** Undefined when the file does not start with a section header. */
export function createPcapngReader(start: Buffer): ReadStep | undefined {
  if (start.readUInt32LE(0) !== BLOCK.section) return undefined;
  const section = new Section();
  return (bytes) => section.step(bytes);
}

class Section {
  #littleEndian = true;
  #interfaces: Interface[] = [];
  #frame = 0;

  step(bytes: Buffer): Step {
    if (bytes.length < FRAME_BYTES) return { need: FRAME_BYTES };
    // Its type reads the same in both byte orders.
    const isSection = bytes.readUInt32LE(0) === BLOCK.section;
    if (isSection && !this.#start(bytes)) return { fault: 'unknown byte order' };
    const type = this.#u32(bytes, 0);
    const used = this.#u32(bytes, 4);
    if (used < FRAME_BYTES || used % 4 !== 0) return { fault: `block of ${used} octets` };
    if (isSection || !(Object.values(BLOCK) as number[]).includes(type)) return { used };
    if (used > READ_BLOCK_BYTES_MAX) return { fault: `block of ${used} octets` };
    if (bytes.length < used) return { need: used };
    if (this.#u32(bytes, used - 4) !== used) return { fault: 'the two lengths of a block differ' };
    const body = bytes.subarray(8, used - 4);
    if (type === BLOCK.interface) return this.#addInterface(body, used);
    return this.#packet(type, body, used);
  }

  #start(bytes: Buffer): boolean {
    this.#littleEndian = bytes.readUInt32LE(8) === BYTE_ORDER_MAGIC;
    this.#interfaces = [];
    return this.#littleEndian || bytes.readUInt32BE(8) === BYTE_ORDER_MAGIC;
  }

  #addInterface(body: Buffer, used: number): Step {
    if (body.length < 8) return { fault: 'interface description cut' };
    if (this.#interfaces.length >= INTERFACES_MAX) return { fault: 'too many interfaces' };
    this.#interfaces.push({ linkType: this.#u16(body, 0), unitsPerSec: this.#resolution(body) });
    return { used };
  }

  /** if_tsresol: a power of ten, or of two when the high bit is set. */
  #resolution(body: Buffer): bigint {
    for (let at = 8; at + 4 <= body.length; ) {
      const code = this.#u16(body, at);
      const len = this.#u16(body, at + 2);
      if (code === 0 || at + 4 + len > body.length) break;
      if (code === OPTION_TSRESOL && len === 1) {
        const value = body[at + 4] ?? 6;
        return BigInt(value & 0x80 ? 2 : 10) ** BigInt(value & 0x7f);
      }
      at += 4 + Math.ceil(len / 4) * 4;
    }
    return 1_000_000n;
  }

  #packet(type: number, body: Buffer, used: number): Step {
    const simple = type === BLOCK.simplePacket;
    const headerBytes = simple ? 4 : 20;
    if (body.length < headerBytes) return { fault: 'packet block cut' };
    const id = simple ? 0 : type === BLOCK.packet ? this.#u16(body, 0) : this.#u32(body, 0);
    const from = this.#interfaces[id];
    if (from === undefined) return { fault: `packet of interface ${id}, which is not described` };
    // A simple packet is cut where the snapshot length says, so where the block ends.
    const room = body.length - headerBytes;
    const capLen = simple ? Math.min(this.#u32(body, 0), room) : this.#u32(body, 12);
    if (capLen > room)
      return { fault: `packet of ${capLen} octets in a block with room for ${room}` };
    const packet: Packet = {
      frame: ++this.#frame,
      linkType: from.linkType,
      timeNs: simple ? undefined : this.#timeNs(body, from.unitsPerSec),
      bytes: body.subarray(headerBytes, headerBytes + capLen),
    };
    return { used, packet };
  }

  #timeNs(body: Buffer, unitsPerSec: bigint): bigint {
    const units = (BigInt(this.#u32(body, 4)) << 32n) | BigInt(this.#u32(body, 8));
    return (units * NS_PER_SEC) / unitsPerSec;
  }

  #u32(bytes: Buffer, at: number): number {
    return this.#littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  }

  #u16(bytes: Buffer, at: number): number {
    return this.#littleEndian ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
  }
}
