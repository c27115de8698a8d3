/** Links (`struct net_device`) of a netns, in the order of registration. */

import type { LinkEvent } from '../decode/event.ts';
import { removeAddress } from './addresses.ts';
import type { Context } from './context.ts';
import { DEVCONF } from './devconf.ts';
import { LINKS } from './links-table.ts';
import { NEIGHBOURS } from './neighbours.ts';
import { removeFromPvds } from './pvd-registry.ts';
import { attachRules, detachRules } from './rules.ts';
import type { Link } from './snapshot.ts';
import type { Subject } from './subject.ts';
import { putRow, removeRow } from './table.ts';

const NETDEV_UP = 1;
const NETDEV_REGISTER = 5;
const NETDEV_UNREGISTER = 6;
/**
 * IFF_RUNNING, IFF_LOWER_UP and IFF_DORMANT are computed for whoever asks
 * (`dev_get_flags()`); `carrier` and `operstate` say the same.
 */
const IFF_COMPUTED = 0x40 | 0x10000 | 0x20000;

export const linkSubject: Subject<LinkEvent, number, Link> = {
  kind: 'link',
  table: LINKS,
  keyOf: (_ctx, event) => event.ifindex,
  set(ctx, event, key) {
    const { ns } = ctx;
    const old = ns.links.get(key);
    // Read again outside of a dump: what went meanwhile does not come back.
    if (event.op === 'dump' && !ns.own.dump && !old) return;
    const isKnown = ns.seeded || wentMeanwhile(ctx, key);
    if (!old && isOfUnlisted(event, isKnown)) return;
    const came = event.op === 'new' || event.event === NETDEV_REGISTER;
    const link = linkOf(event, event.op === 'new' ? undefined : old);
    if (putRow(ctx, LINKS, key, link, came) && link.name !== old?.name) {
      if (old) detachRules(ctx, key);
      attachRules(ctx, link);
    }
  },
  remove: removeLink,
};

/**
 * Notifications also come before `list_netdevice()` and after `unlist_netdevice()`, of a device
 * that is in no list (`unregister_netdevice_many_notify()`): that makes no row.
 */
function isOfUnlisted({ op, event }: LinkEvent, isKnown: boolean): boolean {
  // These are of listed ones only; where `list_netdevice()` cannot be hooked they are all there is.
  if (op !== 'change' || event === NETDEV_REGISTER || event === NETDEV_UP) return false;
  return isKnown || event === NETDEV_UNREGISTER;
}

/** A dump is under way, and hooks told since its begin that the device is gone. */
function wentMeanwhile({ ns }: Context, ifindex: number): boolean {
  return ns.own.dump?.touched.get(LINKS.part)?.has(ifindex) === true && !ns.links.has(ifindex);
}

/** A VRF keeps the table it was made with (`vrf_newlink()`), which hooks cannot tell. */
function linkOf(event: LinkEvent, old: Link | undefined): Link {
  const table = event.l3mdevTable || (old?.l3mdevTable ?? 0);
  return {
    ifindex: event.ifindex,
    name: event.name,
    flags: (event.flags & ~IFF_COMPUTED) >>> 0,
    mtu: event.mtu,
    mtu6: event.mtu6,
    type: event.type,
    lladdr: event.lladdr,
    operstate: event.operstate,
    carrier: event.carrier,
    master: event.master,
    isL3Master: event.isL3Master,
    group: event.group,
    l3mdevTable: event.isL3Master ? table : 0,
    ...(old?.sharesStale && old.carrier === event.carrier ? { sharesStale: true } : {}),
  };
}

/**
 * `unlist_netdevice()`: the device left this netns. What hangs off it goes with it, whether
 * or not its own records come (`addrconf_ifdown()` tells of addresses only by notifications).
 */
function removeLink(ctx: Context, ifindex: number): void {
  const { ns } = ctx;
  removeRow(ctx, LINKS, ifindex);
  if (ns.devconf.has(ifindex)) removeRow(ctx, DEVCONF, ifindex);
  for (const [key, address] of ns.addresses) {
    if (address.ifindex === ifindex) removeAddress(ctx, key);
  }
  for (const [key, neighbour] of ns.neighbours) {
    if (neighbour.ifindex === ifindex) removeRow(ctx, NEIGHBOURS, key);
  }
  removeFromPvds(ctx, ifindex);
  detachRules(ctx, ifindex);
}
