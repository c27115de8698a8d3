/**
 * Reader of capture files, pcap and pcapng, fed chunk by chunk: what is kept is never more
 * than one block, whatever the size of the file.
 *
 * pcap: draft-ietf-opsawg-pcap; pcapng: draft-ietf-opsawg-pcapng.
 */

import { createPcapReader } from './pcap.ts';
import { createPcapngReader } from './pcapng.ts';

export interface Packet {
  /** From 1, as Wireshark counts. */
  readonly frame: number;
  /** LINKTYPE_* */
  readonly linkType: number;
  /** Nanoseconds since 1970; undefined when the capture does not say. */
  readonly timeNs: bigint | undefined;
  /** Octets captured: a view, valid until the next chunk is fed. */
  readonly bytes: Uint8Array;
}

export interface CaptureFault {
  /** Octets from the start of the file. */
  readonly offset: number;
  readonly message: string;
}

/** What a format's reader makes of the start of what is buffered. */
export type Step =
  /** `used` octets done with, and a packet when they held one. */
  | { readonly used: number; readonly packet?: Packet }
  /** Nothing can be said before `need` octets are there. */
  | { readonly need: number }
  /** The octets are not of the format; nothing after them can be read. */
  | { readonly fault: string };

export type ReadStep = (bytes: Buffer) => Step;

export interface CaptureReader {
  /** Packets that are complete with this chunk. */
  push(chunk: Buffer): Generator<Packet>;
  /** What was wrong, once everything was pushed; a file cut in the middle is. */
  end(): CaptureFault | undefined;
}

const MAGIC_BYTES = 4;

/** The reader for a file that starts with these octets; undefined when it is no capture. */
export function captureReader(start: Buffer): CaptureReader | undefined {
  if (start.length < MAGIC_BYTES) return undefined;
  const step = createPcapReader(start) ?? createPcapngReader(start);
  return step && feed(step);
}

function feed(step: ReadStep): CaptureReader {
  let rest: Buffer = Buffer.alloc(0);
  let need = 0;
  let skip = 0;
  let offset = 0;
  let fault: CaptureFault | undefined;
  function* push(chunk: Buffer): Generator<Packet> {
    if (fault !== undefined) return;
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = Math.min(skip, rest.length);
    skip -= at;
    while (skip === 0 && rest.length - at >= need) {
      const result = step(rest.subarray(at));
      if ('fault' in result) {
        fault = { offset: offset + at, message: result.fault };
        return;
      }
      if ('need' in result) {
        need = result.need;
        break;
      }
      need = 0;
      if (result.packet) yield result.packet;
      // What a reader has no use for may be longer than what is here.
      const here = Math.min(result.used, rest.length - at);
      skip = result.used - here;
      at += here;
      if (at === rest.length) break;
    }
    offset += at;
    rest = Buffer.from(rest.subarray(at));
  }
  const end = (): CaptureFault | undefined => {
    if (fault !== undefined || (rest.length === 0 && skip === 0)) return fault;
    return { offset, message: 'the file ends in the middle of a packet' };
  };
  return { push, end };
}
