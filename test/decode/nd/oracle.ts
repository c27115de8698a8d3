/** RAs for other dissectors to read: generated, always the same, in one capture file. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { AgentError } from '../../../agent/error.ts';
import { ipv6Packet } from '../../../agent/router/packet.ts';
import { icmp6Checksum } from '../../../src/decode/nd/checksum.ts';
import { encodeRa, type Ra } from '../../../src/decode/nd/ra.ts';
import { type Addr6, addr6 } from '../../../src/net/addr6.ts';
import { pcapFile } from '../../agent/capture/files.ts';
import { type Oracles, openOracles } from '../../oracle/debian.ts';
import { raArb } from '../../property/nd-arbitrary.ts';

export const SADDR: Addr6 = addr6('fe80::1');
export const DADDR: Addr6 = addr6('ff02::1');
const SEED = 8801;

/** What is compared with, or why nothing is: the reason to skip, which the test then tells. */
export async function oraclesOrWhy(): Promise<Oracles | string> {
  try {
    return await openOracles((line) => process.stderr.write(`oracles: ${line}\n`));
  } catch (error) {
    if (error instanceof AgentError) return error.message;
    throw error;
  }
}

/** `count` RAs, the same in every run. */
export function sampleRas(count: number, keep: (ra: Ra) => boolean = () => true): readonly Ra[] {
  return fc.sample(raArb.filter(keep), { numRuns: count, seed: SEED });
}

export function message(ra: Ra): Uint8Array {
  const checksum = icmp6Checksum(encodeRa(ra), SADDR, DADDR);
  return encodeRa({ ...ra, header: { ...ra.header, checksum } });
}

/** Runs `use` on a capture of raw IPv6 packets that hold these messages. */
export function withPcap<T>(messages: readonly Uint8Array[], use: (file: string) => T): T {
  const dir = mkdtempSync(path.join(tmpdir(), 'pvdscope-'));
  const envelope = { saddr: SADDR, daddr: DADDR, hopLimit: 255, checksum: true };
  try {
    const file = path.join(dir, 'ra.pcap');
    writeFileSync(file, pcapFile(messages.map((bytes) => ipv6Packet(bytes, envelope))));
    return use(file);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** What a command prints on stdout. */
export function output(argv: readonly string[], input?: string): string {
  const [command = '', ...args] = argv;
  return execFileSync(command, args, {
    encoding: 'utf8',
    input,
    maxBuffer: 1 << 28,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}
