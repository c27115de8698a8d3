/**
 * Home Agent Information (RFC 6275, section 7.4).
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Type      |    Length     |           Reserved            |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Home Agent Preference     |      Home Agent Lifetime      |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */

import { newOption, putU16, u16 } from './bytes.ts';
import type { Report } from './problem.ts';

export const HOME_AGENT_TYPE = 8;

export interface HomeAgent {
  readonly kind: 'home-agent';
  /** Higher is preferred. */
  readonly haPreference: number;
  readonly lifetimeSec: number;
  readonly reserved?: number;
}

/** Undefined when the octets are no such option. */
export function readHomeAgent(
  bytes: Uint8Array,
  at: number,
  len: number,
  report: Report,
): HomeAgent | undefined {
  if (len !== 8) {
    report('home-agent-length', at + 1);
    return undefined;
  }
  const reserved = u16(bytes, at + 2);
  const lifetimeSec = u16(bytes, at + 6);
  if (reserved !== 0) report('reserved-not-zero', at + 2);
  if (lifetimeSec === 0) report('home-agent-lifetime', at + 6);
  return { kind: 'home-agent', haPreference: u16(bytes, at + 4), lifetimeSec, reserved };
}

/** Whether the RA header at `headerAt` has the H flag, without which the option must not be there. */
export function hasHomeAgentFlag(bytes: Uint8Array, headerAt: number): boolean {
  return ((bytes[headerAt + 5] ?? 0) & 0x20) !== 0;
}

export function homeAgentBytes(option: HomeAgent): Uint8Array {
  const out = newOption(HOME_AGENT_TYPE, 8);
  putU16(out, 2, option.reserved ?? 0);
  putU16(out, 4, option.haPreference);
  putU16(out, 6, option.lifetimeSec);
  return out;
}
