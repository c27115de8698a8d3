/** RAs as packets for Wireshark, each with its interface and what became of it. */

import type { RaDoneEvent } from '../../src/decode/event.ts';
import { decodeRa } from '../../src/decode/nd/ra.ts';
import { decodeRecord } from '../../src/decode/record.ts';
import { addr6FromBytes } from '../../src/net/addr6.ts';
import { escapeTerminal } from '../../src/publish/escape.ts';
import { encodeInterface, encodePacket } from './pcapng.ts';
import { type RaPacket, raPacket } from './ra-packet.ts';

/** Interfaces described in one file; RAs of further ones are shown on interface 0. */
const INTERFACES_MAX = 1024;
const IP6_BYTES = 40;

interface Waiting {
  readonly ra: RaPacket;
  readonly record: number;
  done: string | undefined;
}

export class RaBlocks {
  readonly #realtimeOffsetNs: bigint;
  readonly #interfaces = new Map<string, number>();
  #waiting: Waiting[] = [];

  constructor(realtimeOffsetNs: bigint) {
    this.#realtimeOffsetNs = realtimeOffsetNs;
  }

  /** Takes an RA, or the end of one that waits; gives the bytes it will take, about. */
  take(record: Uint8Array, kind: 'ra' | 'ra-done', number: number): number {
    if (kind === 'ra') {
      const ra = raPacket(record);
      if (ra === undefined) return 0;
      this.#waiting.push({ ra, record: number, done: undefined });
      return ra.bytes.length + 128;
    }
    if (this.#waiting.length === 0) return 0;
    const done = decodeRecord(record);
    const its = this.#waiting.find(({ ra }) => done.kind === 'ra-done' && ra.raId === done.raId);
    if (its && done.kind === 'ra-done') its.done = doneText(done);
    return 0;
  }

  /** The blocks of all that wait: interfaces when they are new, then packets. */
  blocks(): Buffer[] {
    const blocks = this.#waiting.flatMap((one) => this.#encode(one));
    this.#waiting = [];
    return blocks;
  }

  /** A new file describes its interfaces itself. */
  startFile(): void {
    this.#interfaces.clear();
  }

  #encode({ ra, record, done }: Waiting): Buffer[] {
    const blocks: Buffer[] = [];
    const key = `${ra.netnsCookie} ${ra.ifindex} ${ra.ifname}`;
    let interfaceId = this.#interfaces.get(key);
    if (interfaceId === undefined && this.#interfaces.size < INTERFACES_MAX) {
      interfaceId = this.#interfaces.size + 1;
      this.#interfaces.set(key, interfaceId);
      const about = `ifindex ${ra.ifindex}, netns cookie ${ra.netnsCookie}`;
      blocks.push(encodeInterface(escapeTerminal(ra.ifname), about));
    }
    const place = `record ${record}, netns cookie ${ra.netnsCookie}, ifindex ${ra.ifindex}`;
    const packet = encodePacket({
      interfaceId: interfaceId ?? 0,
      realtimeNs: ra.tsNs + this.#realtimeOffsetNs,
      bytes: ra.bytes,
      originalLength: ra.originalLength,
      comment: `${decodedText(ra)}; ${done ?? 'what the kernel did with it is not known'}; ${place}`,
    });
    blocks.push(packet);
    return blocks;
  }
}

/** What the RFCs make of it, and the first rule it breaks. */
function decodedText({ bytes, originalLength }: RaPacket): string {
  const { outcome, problems } = decodeRa(bytes.subarray(IP6_BYTES), {
    saddr: addr6FromBytes(bytes.subarray(8, 24)),
    daddr: addr6FromBytes(bytes.subarray(24, IP6_BYTES)),
    hopLimit: bytes[7] ?? 0,
    msgLenBytes: originalLength - IP6_BYTES,
    verifyChecksum: false,
  });
  const [first] = problems;
  const word = outcome === 'accept' ? 'valid' : 'to be dropped';
  return first === undefined ? word : `${word}: ${first.message} [${first.code}]`;
}

function doneText({ reachedDiscovery, processed, acceptRa }: RaDoneEvent): string {
  if (processed) return 'the kernel accepted it';
  const where = reachedDiscovery ? 'in ndisc_router_discovery()' : 'before looking at it';
  return `the kernel ignored it ${where} (accept_ra ${acceptRa})`;
}
