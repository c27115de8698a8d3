/**
 * Captive-Portal (RFC 8910, section 2.3).
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Type      |     Length    |              URI              .
 * .                                                               .
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */

import { isZero, newOption, UNIT } from './bytes.ts';
import type { Report } from './problem.ts';

export const CAPTIVE_PORTAL_TYPE = 37;
/** What the option of DHCPv4 can hold (RFC 8910, section 2). */
const URI_BYTES_MAX = 255;
/** An authority whose host is an IP literal or an IPv4 address (RFC 3986, section 3.2.2). */
const ADDRESS = /^[^:/?#]+:\/\/([^/?#@]*@)?(\[|\d+\.\d+\.\d+\.\d+(:\d*)?([/?#]|$))/;

export interface CaptivePortal {
  readonly kind: 'captive-portal';
  /** URI of the API; visible ASCII. */
  readonly uri: string;
  /** Length field; default: the least that holds the URI. */
  readonly lenUnits?: number;
}

/** Undefined when the octets are no URI. */
export function readCaptivePortal(
  bytes: Uint8Array,
  at: number,
  len: number,
  report: Report,
): CaptivePortal | undefined {
  const end = at + len;
  let pos = at + 2;
  let uri = '';
  for (; pos < end; pos++) {
    const octet = bytes[pos] ?? 0;
    if (octet <= 0x20 || octet >= 0x7f) break;
    uri += String.fromCharCode(octet);
  }
  if (uri === '' || !isZero(bytes, pos, end)) {
    report('captive-portal-uri', pos);
    return undefined;
  }
  if (ADDRESS.test(uri)) report('captive-portal-address', at + 2);
  if (uri.length > URI_BYTES_MAX) report('captive-portal-long', at + 2);
  return { kind: 'captive-portal', uri, lenUnits: len / UNIT };
}

/** @throws RangeError when the URI is not visible ASCII or too long. */
export function captivePortalBytes(option: CaptivePortal): Uint8Array {
  if (!/^[\x21-\x7e]+$/.test(option.uri)) {
    throw new RangeError(`not a URI: ${JSON.stringify(option.uri)}`);
  }
  const out = newOption(CAPTIVE_PORTAL_TYPE, 2 + option.uri.length, option.lenUnits);
  for (let i = 0; i < option.uri.length; i++) out[2 + i] = option.uri.charCodeAt(i);
  return out;
}
