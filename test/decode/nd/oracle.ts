/** RAs for other dissectors to read: generated, always the same, in one capture file. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { ipv6Packet } from '../../../agent/router/packet.ts';
import { icmp6Checksum } from '../../../src/decode/nd/checksum.ts';
import { encodeRa, type Ra } from '../../../src/decode/nd/ra.ts';
import { type Addr6, addr6 } from '../../../src/net/addr6.ts';
import { raArb } from '../../property/nd-arbitrary.ts';

export const SADDR: Addr6 = addr6('fe80::1');
export const DADDR: Addr6 = addr6('ff02::1');
const SEED = 8801;
const LINKTYPE_RAW = 101;

/** `count` RAs, the same in every run. */
export function sampleRas(count: number, keep: (ra: Ra) => boolean = () => true): readonly Ra[] {
  return fc.sample(raArb.filter(keep), { numRuns: count, seed: SEED });
}

export function message(ra: Ra): Uint8Array {
  const checksum = icmp6Checksum(encodeRa(ra), SADDR, DADDR);
  return encodeRa({ ...ra, header: { ...ra.header, checksum } });
}

/** A pcap file of raw IPv6 packets. */
export function pcap(messages: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(262_144, 16);
  header.writeUInt32LE(LINKTYPE_RAW, 20);
  const packets = messages.flatMap((bytes, i) => {
    const packet = ipv6Packet(bytes, { saddr: SADDR, daddr: DADDR, hopLimit: 255, checksum: true });
    const record = Buffer.alloc(16);
    record.writeUInt32LE(1_700_000_000 + i, 0);
    record.writeUInt32LE(packet.length, 8);
    record.writeUInt32LE(packet.length, 12);
    return [record, packet];
  });
  return Buffer.concat([header, ...packets]);
}

/** Runs `use` on a file that holds these messages. */
export function withPcap<T>(messages: readonly Uint8Array[], use: (file: string) => T): T {
  const dir = mkdtempSync(path.join(tmpdir(), 'pvdscope-'));
  try {
    const file = path.join(dir, 'ra.pcap');
    writeFileSync(file, pcap(messages));
    return use(file);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** What `command` prints on stdout; undefined when it is not there. */
export function output(
  command: string,
  args: readonly string[],
  input?: string,
): string | undefined {
  try {
    return execFileSync(command, args, {
      encoding: 'utf8',
      input,
      maxBuffer: 1 << 28,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
  } catch {
    return undefined;
  }
}
