/**
 * Router Advertisements, both ways (RFC 4861, section 4.2).
 *
 * `decodeRa` never throws and never looks outside what it is given. `encodeRa` is its
 * inverse: encoding what was decoded gives the same octets, for every message that has a
 * header, whose options can be walked to the end and whose padding is zero.
 */

import { type Addr6, isLinkLocal } from '../../net/addr6.ts';
import { u16 } from './bytes.ts';
import { icmp6Checksum } from './checksum.ts';
import type { DecodedOption, NdOption } from './option.ts';
import { encodeOption, newWalk, type PvdTypes, RFC8801_TYPES, readOptions } from './options.ts';
import type { Problem, ProblemCode } from './problem.ts';
import {
  RA_HEADER_BYTES,
  RA_TYPE,
  type RaHeader,
  raHeaderBytes,
  readRaHeader,
} from './ra-header.ts';

const HOP_LIMIT = 255;

/** What the IPv6 header said, as far as it is known, and how to read the message. */
export interface DecodeRaOptions {
  readonly hopLimit?: number;
  readonly saddr?: Addr6;
  readonly daddr?: Addr6;
  /** Default: verify when both addresses are known and the message is whole. */
  readonly verifyChecksum?: boolean;
  /** ICMPv6 length on the wire, when more than what was captured. */
  readonly msgLenBytes?: number;
  /** The packet had a fragment header. */
  readonly fragmented?: boolean;
  /** Which types are PvD options. Default: RFC 8801's. */
  readonly pvdTypes?: PvdTypes;
}

export interface RaDecoded {
  /** Null when there are fewer than 16 octets or another ICMPv6 type. */
  readonly header: RaHeader | null;
  readonly options: readonly DecodedOption[];
  readonly problems: readonly Problem[];
  /** What a PvD-aware host that follows the RFCs does with the RA. */
  readonly outcome: 'accept' | 'drop';
  /** The first rule that made it dropped. */
  readonly reason: ProblemCode | null;
  /** What mainline Linux does with the message, before its sysctls are asked. */
  readonly linuxOutcome: 'accept' | 'drop';
}

/** An RA as content: what the encoder takes; a decoded one with a header is one, too. */
export interface Ra {
  readonly header: RaHeader;
  readonly options: readonly NdOption[];
}

/** Reads an ICMPv6 message from its type octet on. */
export function decodeRa(message: Uint8Array, options: DecodeRaOptions = {}): RaDecoded {
  const walk = newWalk(message, options.pvdTypes ?? RFC8801_TYPES);
  const { problems, report } = walk;
  const cut = (options.msgLenBytes ?? 0) > message.length;
  if (message.length > 0 && message[0] !== RA_TYPE) report('ra-type', 0);
  else if (message.length < RA_HEADER_BYTES && !cut) report('ra-too-short', message.length);
  const readable = message.length >= RA_HEADER_BYTES && message[0] === RA_TYPE;
  if (cut) report('ra-captured-short', message.length);
  if (options.fragmented) report('ra-fragmented', 0);
  if (readable) checkEnvelope(message, options, cut, report);
  const header = readable ? readRaHeader(message, 0, report) : null;
  const decoded = readable ? readOptions(walk, RA_HEADER_BYTES, message.length) : [];
  if (cut) forgive(problems);
  const reason = firstDrop(problems, false);
  return {
    header,
    options: decoded,
    problems,
    outcome: reason === null ? 'accept' : 'drop',
    reason,
    linuxOutcome: firstDrop(problems, true) === null ? 'accept' : 'drop',
  };
}

/** RFC 4861, section 6.1.2, all but the option lengths. */
function checkEnvelope(
  message: Uint8Array,
  options: DecodeRaOptions,
  cut: boolean,
  report: (code: ProblemCode, offset: number) => void,
): void {
  const { hopLimit, saddr, daddr, verifyChecksum = true } = options;
  if (hopLimit !== undefined && hopLimit !== HOP_LIMIT) report('ra-hop-limit', 0);
  if (saddr !== undefined && !isLinkLocal(saddr)) report('ra-source', 0);
  if (message[1] !== 0) report('ra-code', 1);
  if (saddr === undefined || daddr === undefined || !verifyChecksum || cut) return;
  if (u16(message, 2) !== icmp6Checksum(message, saddr, daddr)) report('ra-checksum', 2);
}

/** An option that runs past the end of a capture need not run past the end of the message. */
function forgive(problems: Problem[]): void {
  const at = problems.findIndex((problem) => problem.code === 'option-overrun');
  if (at >= 0) problems.splice(at, 1);
}

function firstDrop(problems: readonly Problem[], linux: boolean): ProblemCode | null {
  for (const problem of problems) {
    if (problem.outcome === 'drop' && !(linux && problem.linuxAccepts)) return problem.code;
  }
  return null;
}

/**
 * The ICMPv6 message of an RA, checksum as the header gives it: put the right one there with
 * `icmp6Checksum`, or leave it to the kernel. @throws RangeError when a value does not fit.
 */
export function encodeRa(ra: Ra): Uint8Array {
  const parts = [raHeaderBytes(ra.header), ...ra.options.map(encodeOption)];
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let pos = 0;
  for (const part of parts) {
    out.set(part, pos);
    pos += part.length;
  }
  return out;
}
