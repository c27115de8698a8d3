/** Addresses that RAs make: `addrconf_prefix_rcv_add_addr()` and its temporary ones. */

import { type Addr6, ANY6, addr6FromWords, addr6Words } from '../net/addr6.ts';
import { prefix6From } from '../net/prefix6.ts';
import { claimOfAddress } from '../state/attribution.ts';
import type { OfferPrefix } from './ra-offer.ts';
import type { SecRange } from './ra-prediction.ts';
import {
  exactly,
  leaveOpen,
  min,
  type RaWork,
  SLAAC_PLEN,
  touchAddress,
  type WorkAddress,
} from './ra-work.ts';

const ARPHRD_ETHER = 1;
/** `IN6_ADDR_GEN_MODE_*`: stable privacy (RFC 7217) with a secret of the user's or of its own. */
const GEN_STABLE = [2, 3];
/** `MIN_VALID_LIFETIME`: 2 hours (RFC 4862, section 5.5.3 e). */
const MIN_VALID_SEC = 7200;
/** `REGEN_MAX_RETRY`, `MAX_DESYNC_FACTOR` (RFC 4941, section 5), RETRANS_TIMER. */
const REGEN_MAX_RETRY = 3;
const MAX_DESYNC_SEC = 600;
const RETRANS_MS = 1000;
/** `REGEN_MIN_ADVANCE` */
const REGEN_MIN_ADVANCE_SEC = 2;

/** The autonomous part of a PIO (RFC 4862, section 5.5.3). */
export function learnAutonomous(work: RaWork, pio: OfferPrefix): void {
  const { conf, more } = work.link;
  if (!pio.autonomous || conf.autoconf === 0 || pio.len !== SLAAC_PLEN) return;
  if (pio.preferredSec > pio.validSec) return;
  if (pio.pdPreferred && more.raHonorPioPflag === undefined) leaveOpen(work, 'pio-pflag');
  if (pio.pdPreferred && (more.raHonorPioPflag ?? 0) !== 0) return;
  const stablePrivacy = !hasToken(work) && GEN_STABLE.includes(conf.addrGenMode);
  const addr = stablePrivacy ? undefined : slaacAddress(work, pio.addr);
  const known = work.addresses.find((a) => a.addr === addr) ?? lookalike(work, pio, stablePrivacy);
  if (known !== undefined) refresh(work, known, pio);
  else if (pio.validSec !== 0) {
    create(work, pio, more.token === undefined ? undefined : addr, stablePrivacy);
  }
}

function hasToken({ link }: RaWork): boolean {
  const { token = ANY6 } = link.more;
  return token !== ANY6;
}

/** Where the identifier is not known: the address of this prefix that an RA made before. */
function lookalike(
  { addresses, link }: RaWork,
  pio: OfferPrefix,
  stablePrivacy: boolean,
): WorkAddress | undefined {
  if (!stablePrivacy && link.more.token !== undefined) return undefined;
  const prefix = prefix6From(pio.addr, SLAAC_PLEN);
  return addresses.find(
    (a) =>
      a.prefix === prefix &&
      !a.temporary &&
      a.stablePrivacy === stablePrivacy &&
      (a.was === undefined || claimOfAddress(a.was).by === 'ra'),
  );
}

/**
 * Token, else the modified EUI-64 of the MAC address (RFC 2464, section 4). Undefined on links
 * whose identifiers `ipv6_generate_eui64()` makes of something else.
 */
function slaacAddress(work: RaWork, prefix: Addr6): Addr6 | undefined {
  const { link } = work;
  const [a, b] = addr6Words(prefix);
  if (hasToken(work)) {
    const [, , c, d] = addr6Words(link.more.token ?? ANY6);
    return addr6FromWords(a, b, c, d);
  }
  const mac = link.lladdr.split(':').map((octet) => Number.parseInt(octet, 16));
  if (link.type !== ARPHRD_ETHER || mac.length !== 6) return undefined;
  const [m0 = 0, m1 = 0, m2 = 0, m3 = 0, m4 = 0, m5 = 0] = mac;
  const high = (((m0 ^ 2) << 24) | (m1 << 16) | (m2 << 8) | 0xff) >>> 0;
  const low = ((0xfe << 24) | (m3 << 16) | (m4 << 8) | m5) >>> 0;
  return addr6FromWords(a, b, high, low);
}

function create(
  work: RaWork,
  pio: OfferPrefix,
  addr: Addr6 | undefined,
  stablePrivacy: boolean,
): void {
  const { conf, optimistic } = work.link;
  const { maxAddresses } = conf;
  const isFull = maxAddresses !== 0 && work.addresses.length >= maxAddresses;
  if (isFull && work.profile.reads === 'kernel') return;
  const made: WorkAddress = {
    addr,
    prefix: prefix6From(pio.addr, SLAAC_PLEN),
    temporary: false,
    stablePrivacy,
    optimistic: optimistic && work.offer.sllaBytes !== undefined,
    permanent: false,
    validSec: exactly(pio.validSec),
    preferredSec: exactly(pio.preferredSec),
    pvd: work.pvd,
    nested: pio.nested,
    was: undefined,
    touched: true,
  };
  work.addresses.push(made);
  manageTemporary(work, made, pio.validSec, pio.preferredSec, true);
}

/** Lifetimes by the 2-hour rule; the preferred one is always taken over. */
function refresh(work: RaWork, address: WorkAddress, pio: OfferPrefix): void {
  const { validSec: stored, permanent } = address;
  let { validSec } = pio;
  if (stored.min > 0 || permanent) {
    const { raHonorPioLife } = work.link.more;
    const atLeast = Math.max(validSec, Math.min(stored.min, MIN_VALID_SEC));
    const isOpen = raHonorPioLife === undefined;
    touchAddress(work, address, pio.nested);
    address.validSec = isOpen ? { min: validSec, max: atLeast } : exactly(validSec);
    if (raHonorPioLife === 0) address.validSec = exactly(atLeast);
    validSec = address.validSec.max;
    address.preferredSec = exactly(pio.preferredSec);
  }
  manageTemporary(work, address, validSec, pio.preferredSec, false);
}

/** `manage_tempaddrs()` (RFC 8981, section 3.4). */
function manageTemporary(
  work: RaWork,
  of: WorkAddress,
  validSec: number,
  preferredSec: number,
  isNew: boolean,
): void {
  const { tempValidLft, tempPreferedLft, useTempaddr } = work.link.conf;
  let hasAny = false;
  for (const address of work.addresses) {
    if (!address.temporary) continue;
    hasAny = true;
    if (address.prefix !== of.prefix) continue;
    // Its age counts from its creation, which is not known: what it had left is the least.
    address.validSec = between(address.validSec, validSec, tempValidLft);
    address.preferredSec = between(address.preferredSec, preferredSec, tempPreferedLft);
    touchAddress(work, address, of.nested);
  }
  // The list is that of the interface: another prefix' temporary address keeps it from empty.
  const isWanted = isNew || (!hasAny && (validSec !== 0 || preferredSec !== 0));
  if (isWanted && useTempaddr > 0) createTemporary(work, of);
}

function between(had: SecRange, offered: number, most: number): SecRange {
  return { min: Math.min(had.min, offered, most), max: Math.min(offered, most) };
}

/** `ipv6_create_tempaddr()` */
function createTemporary(work: RaWork, of: WorkAddress): void {
  const { tempValidLft, tempPreferedLft } = work.link.conf;
  const { quirks } = work.profile;
  const [regenSec, regenSecMax] = regenAdvance(work);
  const most = work.link.more.maxDesyncFactorSec ?? MAX_DESYNC_SEC;
  const desyncSec = Math.max(0, Math.min(most, tempPreferedLft - regenSec));
  const validSec = min(of.validSec, tempValidLft);
  let preferredSec: SecRange = {
    min: Math.min(of.preferredSec.min, tempPreferedLft - desyncSec),
    max: Math.min(of.preferredSec.max, tempPreferedLft),
  };
  const isTight =
    of.preferredSec.max > regenSec &&
    (preferredSec.min <= regenSecMax || preferredSec.max > validSec.max);
  if (isTight && quirks.tempRaised === undefined) leaveOpen(work, 'quirk-temp-raised');
  if (isTight && regenSec !== regenSecMax) leaveOpen(work, 'regen-advance');
  if (quirks.tempRaised === true) preferredSec = min(preferredSec, validSec.max);
  if (preferredSec.min <= regenSec) {
    const raised = regenSec + 1;
    const canRaise =
      quirks.tempRaised === true && raised <= validSec.max && raised <= of.preferredSec.max;
    if (!canRaise && preferredSec.max > regenSec) {
      leaveOpen(work, 'desync-factor');
    }
    if (!canRaise) return;
    preferredSec = { min: raised, max: Math.max(raised, preferredSec.max) };
  }
  if (work.link.more.maxDesyncFactorSec === undefined) preferredSec = { ...preferredSec, min: 0 };
  work.addresses.push({
    ...of,
    addr: undefined,
    temporary: true,
    stablePrivacy: false,
    permanent: false,
    validSec,
    preferredSec,
    was: undefined,
    touched: true,
  });
}

/** `ipv6_get_regen_advance()` (RFC 8981, section 3.8): the least and the most it can be. */
function regenAdvance({ link, params, profile }: RaWork): [min: number, max: number] {
  const retries = link.more.regenMaxRetry ?? REGEN_MAX_RETRY;
  const retransMs = Math.max(params.retransMs ?? RETRANS_MS, 10);
  const probing = Math.floor((retries * link.conf.dadTransmits * retransMs) / 1000);
  const { regenMinAdvanceSec: more } = profile.quirks;
  return [(more ?? 0) + probing, (more ?? REGEN_MIN_ADVANCE_SEC) + probing];
}
