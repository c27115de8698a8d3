/**
 * The table of RA effects: ra-effect.yaml, a list of {@link RaCase}.
 *
 * Each is an interface `A` with some settings, the RAs that come in on it, and what it has of
 * RAs in the end, one line a thing:
 *
 *     addr 2001:db8:1::EUI valid 7200 preferred 3600      (EUI, STABLE: the interface identifier)
 *     temp 2001:db8:1::/64 valid 604800 preferred 85800..86400
 *     router fe80::1 metric 1024 pref medium expires 1800
 *     on-link 2001:db8:1::/64 metric 256 expires 7200
 *     rio 2001:db8:8::/45 via fe80::1 metric 1024 pref low expires 600
 *     hop-limit 32, mtu 1400, retrans 2000, reachable 60000, managed, other
 *
 * Settings as a fresh interface has them are not listed. Times are seconds from the last RA.
 */

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { checkRouterConfig } from '../../agent/router/config.ts';
import { raMessage } from '../../agent/router/message.ts';
import type { MoreSettings, RaInput } from '../../src/model/ra-input.ts';
import type { RaQuirks } from '../../src/model/ra-profile.ts';
import { type Addr6, ANY6, addr6 } from '../../src/net/addr6.ts';

type Conf = { readonly [name: string]: number } & {
  readonly ra_honor_pio_life?: number;
  readonly ra_honor_pio_pflag?: number;
  readonly regen_max_retry?: number;
  readonly max_desync_factor?: number;
};

/** Quirks of a profile, by the name of the odd side. */
export type Trait = 'rio-short' | 'temp-not-raised' | 'dflt-without-lifetime';

export interface OnKernel {
  readonly because: string;
  readonly seen: string;
  readonly expect: readonly string[];
}

export interface RaCase {
  readonly id: string;
  readonly why: string;
  /** Files below `conf/A/`. */
  readonly conf?: Conf;
  /** Lines of ip-state.ts about `dev A`, and `token ADDRESS`. */
  readonly before?: readonly string[];
  /** One RA a step, in the words of the router's configuration. */
  readonly send: readonly object[];
  /** Seconds of quiet before the last RA. */
  readonly wait?: number;
  /** The RA never gets to `ndisc_rcv()`: nothing is predicted, and nothing must happen. */
  readonly unseen?: boolean;
  /** A sysctl of the interface that this kernel may lack. */
  readonly needs?: string;
  readonly expect: readonly string[];
  /** On kernels with a trait: what they make of it, the function that does, and where it was seen. */
  readonly on?: Readonly<Partial<Record<Trait, OnKernel>>>;
  /** Temporary addresses are made anew every second: a kernel may have others by then. */
  readonly churn?: boolean;
  /** What RFC 4861, 4862, 4191 and 8801 make of it, where that is something else. */
  readonly rfc?: readonly string[];
}

export function readRaCases(): RaCase[] {
  const url = new URL('../../../test/case/ra-effect.yaml', import.meta.url);
  return parse(readFileSync(url, 'utf8')) as RaCase[];
}

/** One RA as it is sent. */
export interface SentRa {
  readonly message: Uint8Array;
  readonly saddr: Addr6;
  readonly daddr: Addr6;
  readonly hopLimit: number;
  /** Fill in the right checksum. */
  readonly checksum: boolean;
}

export const ROUTER: Addr6 = addr6('fe80::1');

/** Octets of the RAs of a case, as `pvdscope router` makes them. */
export function rasOf(row: RaCase): SentRa[] {
  const lladdr = Uint8Array.of(2, 0, 0, 0, 0, 1);
  const place = `ra-effect.yaml ${row.id}`;
  const source = {
    file: place,
    value: { ras: row.send },
    at: (path: readonly PropertyKey[]) => `${place} ${path.join('.')}`,
    excerpt: () => undefined,
  };
  const file = checkRouterConfig(source);
  return file.ras.map((placed) => ({
    message: raMessage(file, placed, { lladdr, final: false }),
    saddr: placed.ra.from ?? ROUTER,
    daddr: placed.ra.to,
    hopLimit: placed.ra.ipHopLimit,
    checksum: placed.ra.checksum === 'auto',
  }));
}

export function inputOf(ra: SentRa, ifindex: number, tsNs: bigint): RaInput {
  const { message, saddr, hopLimit } = ra;
  return { raId: tsNs, tsNs, ifindex, saddr, hopLimit, message, msgLenBytes: message.length };
}

/** Settings that the replica does not hold. */
export function moreOf(row: RaCase): MoreSettings {
  const { conf = {}, before = [] } = row;
  const token = before.find((line) => line.startsWith('token '));
  const { ra_honor_pio_life: raHonorPioLife = 0, ra_honor_pio_pflag: raHonorPioPflag = 0 } = conf;
  const { regen_max_retry: regenMaxRetry = 3, max_desync_factor: maxDesyncFactorSec = 600 } = conf;
  const said = { raHonorPioLife, raHonorPioPflag, regenMaxRetry, maxDesyncFactorSec };
  return { ...said, token: token === undefined ? ANY6 : addr6(token.slice('token '.length)) };
}

function hasTrait(quirks: RaQuirks, trait: Trait): boolean {
  if (trait === 'rio-short') return quirks.rioShort === true;
  return trait === 'temp-not-raised' ? !quirks.tempRaised : !quirks.dfltHasLifetime;
}

export function expectedOn(row: RaCase, quirks: RaQuirks): readonly string[] {
  for (const [trait, { expect }] of Object.entries(row.on ?? {}) as [Trait, OnKernel][]) {
    if (hasTrait(quirks, trait)) return expect;
  }
  return row.expect;
}
