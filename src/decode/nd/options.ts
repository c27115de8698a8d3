/** The walk over the options of a message (RFC 4861, section 4.6), and back to octets. */

import {
  ADVERTISEMENT_INTERVAL_TYPE,
  advertisementIntervalBytes,
  readAdvertisementInterval,
} from './advertisement-interval.ts';
import { UNIT } from './bytes.ts';
import { CAPTIVE_PORTAL_TYPE, captivePortalBytes, readCaptivePortal } from './captive-portal.ts';
import { DNSSL_TYPE, dnsslBytes, readDnssl } from './dnssl.ts';
import { ENCRYPTED_DNS_TYPE, encryptedDnsBytes, readEncryptedDns } from './encrypted-dns.ts';
import { HOME_AGENT_TYPE, hasHomeAgentFlag, homeAgentBytes, readHomeAgent } from './home-agent.ts';
import { lladdrBytes, readLladdr, SLLA_TYPE, TLLA_TYPE } from './lladdr.ts';
import { MTU_TYPE, mtuOptionBytes, readMtu } from './mtu.ts';
import {
  type DecodedOption,
  isKnownType,
  type NdOption,
  type OptionMeta,
  optionName,
  type PlainOption,
} from './option.ts';
import { PIO_TYPE, pioBytes, readPio } from './pio.ts';
import { PREF64_TYPE, pref64Bytes, readPref64 } from './pref64.ts';
import type { Problem, ProblemCode, Report } from './problem.ts';
import {
  type DecodedPvd,
  PVD_TYPE,
  type PvdLayout,
  pvdBytes,
  type ReadNested,
  readPvd,
} from './pvd.ts';
import { RA_FLAGS_TYPE, raFlagsBytes, readRaFlags } from './ra-flags.ts';
import { rawBytes, readRaw } from './raw.ts';
import { RDNSS_TYPE, rdnssBytes, readRdnss } from './rdnss.ts';
import { RIO_TYPE, readRio, rioBytes } from './rio.ts';
import { RULES } from './rules.ts';

/** Option types taken as PvD options, and how they are laid out. */
export type PvdTypes = ReadonlyMap<number, PvdLayout>;

/** As published. */
export const RFC8801_TYPES: PvdTypes = new Map([[PVD_TYPE, 'rfc8801']]);
/** As sent by the experiments of 2017 and 2018, the historic radvd and odhcpd among them. */
export const EXPERIMENTAL_TYPES: PvdTypes = new Map([
  [PVD_TYPE, 'draft-01'],
  [253, 'draft-00'],
  [254, 'draft-01'],
]);

/** Types that make sense once in a message, each with a bit of its own. */
const SINGLE_BIT: ReadonlyMap<number, number> = new Map(
  [
    SLLA_TYPE,
    MTU_TYPE,
    ADVERTISEMENT_INTERVAL_TYPE,
    HOME_AGENT_TYPE,
    RA_FLAGS_TYPE,
    CAPTIVE_PORTAL_TYPE,
  ].map((type, i) => [type, 1 << i]),
);

/** Redirected Header (RFC 4861, section 4.6.3). */
const REDIRECTED_TYPE = 4;
/** Of the options RFC 4861 defines, those that other messages carry. */
const NOT_FOR_RA: ReadonlySet<number> = new Set([TLLA_TYPE, REDIRECTED_TYPE]);

type Read = (bytes: Uint8Array, at: number, len: number, report: Report) => PlainOption | undefined;

const READ: ReadonlyMap<number, Read> = new Map<number, Read>([
  [SLLA_TYPE, readLladdr],
  [TLLA_TYPE, readLladdr],
  [PIO_TYPE, readPio],
  [MTU_TYPE, readMtu],
  [ADVERTISEMENT_INTERVAL_TYPE, readAdvertisementInterval],
  [HOME_AGENT_TYPE, readHomeAgent],
  [RIO_TYPE, readRio],
  [RDNSS_TYPE, readRdnss],
  [RA_FLAGS_TYPE, readRaFlags],
  [DNSSL_TYPE, readDnssl],
  [CAPTIVE_PORTAL_TYPE, readCaptivePortal],
  [PREF64_TYPE, readPref64],
  [ENCRYPTED_DNS_TYPE, readEncryptedDns],
]);

/** What one message's walk keeps. */
export interface Walk {
  readonly bytes: Uint8Array;
  readonly pvdTypes: PvdTypes;
  readonly problems: Problem[];
  readonly report: Report;
}

export function newWalk(bytes: Uint8Array, pvdTypes: PvdTypes): Walk {
  const problems: Problem[] = [];
  const report = (code: ProblemCode, offset: number): void => {
    problems.push({ code, offset, ...RULES[code] });
  };
  return { bytes, pvdTypes, problems, report };
}

/**
 * Reads the options of `[from, to)`, which lies within the message. After a length that
 * leads nowhere the walk ends; the octets from there on belong to no option.
 */
export function readOptions(walk: Walk, from: number, to: number): DecodedOption[] {
  return walkOptions(walk, from, to, 0).options;
}

interface Walked {
  readonly options: DecodedOption[];
  readonly whole: boolean;
}

/** `headerAt`: of the RA header that counts for these options; `nested`: inside a PvD option. */
function walkOptions(
  walk: Walk,
  from: number,
  to: number,
  headerAt: number,
  nested = false,
): Walked {
  const options: DecodedOption[] = [];
  let singles = 0;
  let pvdSeen = false;
  for (let at = from; at < to; ) {
    const len = to - at < 2 ? UNIT : (walk.bytes[at + 1] ?? 0) * UNIT;
    if (len === 0) walk.report(nested ? 'pvd-option-length-zero' : 'option-length-zero', at + 1);
    else if (len > to - at) walk.report(nested ? 'pvd-option-overrun' : 'option-overrun', at);
    if (len === 0 || len > to - at) return { options, whole: false };
    const type = walk.bytes[at] ?? 0;
    if (walk.pvdTypes.has(type)) {
      options.push(readPvdOption(walk, at, len, nested, pvdSeen));
      pvdSeen = true;
    } else {
      const first = walk.problems.length;
      const bit = SINGLE_BIT.get(type) ?? 0;
      if ((singles & bit) !== 0) walk.report('option-duplicate', at);
      singles |= bit;
      const option = readPlain(walk, type, at, len);
      if (type === HOME_AGENT_TYPE && !hasHomeAgentFlag(walk.bytes, headerAt)) {
        walk.report('home-agent-no-flag', at);
      }
      options.push(withMeta(option, type, at, len, reasonOf(walk.problems, first)));
    }
    at += len;
  }
  return { options, whole: true };
}

function readPlain(walk: Walk, type: number, at: number, len: number): PlainOption {
  if (NOT_FOR_RA.has(type)) walk.report('option-not-for-ra', at);
  const read = READ.get(type);
  if (read === undefined && !isKnownType(type)) walk.report('option-unknown', at);
  return read?.(walk.bytes, at, len, walk.report) ?? readRaw(walk.bytes, at, len);
}

/** RFC 8801, section 3.4: only the first PvD option counts; section 3.2: none inside another. */
function readPvdOption(
  walk: Walk,
  at: number,
  len: number,
  nested: boolean,
  seen: boolean,
): DecodedOption {
  const type = walk.bytes[at] ?? 0;
  if (nested || seen) {
    const code = nested ? 'pvd-in-pvd' : 'pvd-duplicate';
    walk.report(code, at);
    return withMeta(readRaw(walk.bytes, at, len), type, at, len, code);
  }
  const readNested: ReadNested = (from, to, headerAt) => {
    const { options, whole } = walkOptions(walk, from, to, headerAt, true);
    return whole ? options : undefined;
  };
  const layout = walk.pvdTypes.get(type) ?? 'rfc8801';
  const pvd = readPvd(walk.bytes, at, len, walk.report, layout, readNested);
  if (pvd !== undefined) return withMeta(pvd, type, at, len, null);
  // The rule that ended the reading is the last one reported.
  const reason = walk.problems.at(-1)?.code ?? null;
  return withMeta(readRaw(walk.bytes, at, len), type, at, len, reason);
}

/** Adds to a fresh option where it stood. */
function withMeta<T extends PlainOption | DecodedPvd>(
  option: T,
  type: number,
  offset: number,
  lenBytes: number,
  reason: ProblemCode | null,
): T & OptionMeta {
  // Written into the fresh object: spreading it into a new one costs ten times as much.
  const out: unknown = option;
  const meta = out as { -readonly [K in keyof OptionMeta]: OptionMeta[K] };
  meta.type = type;
  meta.name = optionName(type);
  meta.offset = offset;
  meta.lenBytes = lenBytes;
  meta.outcome = reason === null ? 'ok' : 'ignored';
  meta.reason = reason;
  return option as T & OptionMeta;
}

/** Why an option is ignored: the first rule that says so of those broken since `first`. */
function reasonOf(problems: readonly Problem[], first: number): ProblemCode | null {
  for (let i = first; i < problems.length; i++) {
    const problem = problems[i];
    if (problem?.outcome === 'ignore') return problem.code;
  }
  return null;
}

/** The octets of one option. @throws RangeError when a value does not fit its field. */
export function encodeOption(option: NdOption): Uint8Array {
  switch (option.kind) {
    case 'slla':
    case 'tlla':
      return lladdrBytes(option);
    case 'pio':
      return pioBytes(option);
    case 'rio':
      return rioBytes(option);
    case 'mtu':
      return mtuOptionBytes(option);
    case 'rdnss':
      return rdnssBytes(option);
    case 'dnssl':
      return dnsslBytes(option);
    case 'advertisement-interval':
      return advertisementIntervalBytes(option);
    case 'home-agent':
      return homeAgentBytes(option);
    case 'pref64':
      return pref64Bytes(option);
    case 'captive-portal':
      return captivePortalBytes(option);
    case 'encrypted-dns':
      return encryptedDnsBytes(option);
    case 'ra-flags':
      return raFlagsBytes(option);
    case 'raw':
      return rawBytes(option);
    case 'pvd':
      return pvdBytes(option, option.options.map(encodeOption));
  }
}
