/**
 * Addresses (`struct inet6_ifaddr`), oldest first. The kernel's own list of an interface has
 * the newest first within a scope (`ipv6_link_dev_addr()`), and dumps follow that list.
 */

import type { AddrEvent } from '../decode/event.ts';
import { endOf } from '../net/instant.ts';
import { addressRemoved, addressSet, attributeAddress } from './attribute.ts';
import { attributedToNone, providedKeys, sameAttribution } from './attribution.ts';
import { forgetClaim, removeFrom } from './attribution-index.ts';
import type { Context } from './context.ts';
import { pvdOfId } from './net-pvds.ts';
import { type Address, addressKey } from './snapshot.ts';
import type { Subject } from './subject.ts';
import { putRow, removeRow, type Table } from './table.ts';

const IFA_F_PERMANENT = 0x80;
const RTM_DELADDR = 21;
/** INET6_IFADDR_STATE_DEAD */
const STATE_DEAD = 4;

const ADDRESSES: Table<string, Address> = {
  object: 'address',
  part: 'addresses',
  rows: (ns) => ns.addresses,
};

export const addressSubject: Subject<AddrEvent, string, Address> = {
  kind: 'addr',
  table: ADDRESSES,
  keyOf: (_ctx, event) => addressKey(event.ifindex, event.addr),
  set(ctx, event, key) {
    const isGoing = event.event === RTM_DELADDR || event.state === STATE_DEAD;
    if (isGoing) removeAddress(ctx, key);
    else setAddress(ctx, event, key);
  },
  remove: removeAddress,
  order: oldestFirst,
};

/** Device by device, as the dump has them. */
function oldestFirst(dumped: readonly AddrEvent[]): AddrEvent[] {
  const byDevice = new Map<number, AddrEvent[]>();
  for (const event of dumped) {
    const list = byDevice.get(event.ifindex);
    if (list) list.push(event);
    else byDevice.set(event.ifindex, [event]);
  }
  return [...byDevice.values()].flatMap((list) => list.reverse());
}

function setAddress(ctx: Context, event: AddrEvent, key: string): void {
  const { ns } = ctx;
  // A new object of an old name: the record of the removal was lost.
  if (event.op === 'new') removeAddress(ctx, key);
  const old = ns.addresses.get(key);
  const bare = addressOf(ctx, event, old);
  const before = old ? undefined : isFromBefore(ctx, event);
  const attribution = attributeAddress(ns, key, bare, before, ctx.tsNs);
  const moves = old !== undefined && old.prefixLen !== bare.prefixLen;
  if (moves) forgetProvided(ctx, key, old);
  const address = { ...bare, attribution };
  const came = event.op === 'new';
  if (!putRow(ctx, ADDRESSES, key, address, came)) forgetClaim(ns.own.index.addresses, key);
  else if (!old || moves || !sameAttribution(old.attribution, attribution)) {
    addressSet(ctx, key, address);
  }
}

function isFromBefore(ctx: Context, { op, cstampNs }: AddrEvent): boolean {
  if (op === 'new') return false;
  return cstampNs === 0n || cstampNs < ctx.startNs;
}

function addressOf(ctx: Context, event: AddrEvent, old: Address | undefined): Address {
  const { tstampNs } = event;
  const isPermanent = (event.flags & IFA_F_PERMANENT) !== 0;
  const address: Address = {
    addr: event.addr,
    peer: event.peer,
    prefixLen: event.prefixLen,
    ifindex: event.ifindex,
    flags: event.flags,
    scope: event.scope,
    proto: event.proto,
    validUntil: isPermanent ? undefined : endOf(tstampNs, event.validLftSec),
    preferredUntil: isPermanent ? undefined : endOf(tstampNs, event.preferredLftSec),
    attribution: old?.attribution ?? attributedToNone('ra-not-seen'),
  };
  if (!ctx.knowsPvds) return address;
  const netPvds = event.pvds?.map((id) => pvdOfId(ctx.ns.netPvds, id)) ?? old?.netPvds ?? [];
  return { ...address, netPvds };
}

function forgetProvided(ctx: Context, key: string, old: Address): void {
  for (const provided of providedKeys(old)) {
    removeFrom(ctx.ns.own.index.providers, provided, key);
  }
}

/** Removes an address and lets go what follows it. */
export function removeAddress(ctx: Context, key: string): void {
  const old = removeRow(ctx, ADDRESSES, key);
  if (old) addressRemoved(ctx, key, old);
}
