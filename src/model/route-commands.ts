/**
 * Routes of a snapshot as commands, in the order of their leaves. Those that the kernel makes
 * with an address or a device are left to it.
 *
 * A route of an RA is never one of several paths (RTF_ADDRCONF, `rt6_qualify_for_ecmp()`), and
 * no command sets that flag. A route with a nexthop object is not either, so it gets one.
 */

import type { Instant } from '../net/instant.ts';
import type { Route, Snapshot } from '../state/snapshot.ts';
import {
  RTF_ADDRCONF,
  RTN_ANYCAST,
  RTN_BLACKHOLE,
  RTN_LOCAL,
  RTN_MULTICAST,
  RTN_PROHIBIT,
  RTN_THROW,
  RTN_UNREACHABLE,
  RTPROT_KERNEL,
} from './constants.ts';
import { deviceName, type IpCommand, ipCommand, prefWords } from './ip-command.ts';

export interface RouteCommands {
  readonly add: readonly IpCommand[];
  remove(route: Route): IpCommand[];
}

const REJECTS: Readonly<Record<number, string>> = {
  [RTN_BLACKHOLE]: 'blackhole',
  [RTN_UNREACHABLE]: 'unreachable',
  [RTN_PROHIBIT]: 'prohibit',
  [RTN_THROW]: 'throw',
};

export function routeCommands(snapshot: Snapshot, atNs: Instant): RouteCommands {
  let freeId = Math.max(0x1000_0000, ...snapshot.nexthops.keys());
  const ids = new Map<bigint, number>();
  const add: IpCommand[] = [];
  const done = new Set<bigint>();
  for (const route of snapshot.routes.values()) {
    if (done.has(route.id) || isKernels(route) || isOver(route, atNs)) continue;
    const paths = pathsOf(snapshot, route).filter(({ id }) => !done.has(id));
    for (const { id } of paths) done.add(id);
    if (paths.length > 1) {
      const hops = paths.flatMap((path) => ['nexthop', ...hopWords(snapshot, path, true)]);
      add.push(ipCommand('must', 'ip', '-6', 'route', 'append', ...headWords(route), ...hops));
      continue;
    }
    if (isOfRa(route)) {
      const id = ++freeId;
      ids.set(route.id, id);
      const words = ['nexthop', 'add', 'id', `${id}`, ...hopWords(snapshot, route, false)];
      add.push(ipCommand('must', 'ip', '-6', ...words));
    }
    add.push(command('append', snapshot, route, ids.get(route.id)));
  }
  const remove = (route: Route): IpCommand[] =>
    isKernels(route) || isOver(route, atNs)
      ? []
      : [command('del', snapshot, route, ids.get(route.id))];
  return { add, remove };
}

/** Its lifetime was over at that time. */
export function isOver({ expiresNs }: Route, atNs: Instant): boolean {
  return expiresNs !== undefined && expiresNs <= atNs;
}

/** Made with an address (local, anycast), or with a device (ff00::/8). */
function isKernels({ type, protocol, dst }: Route): boolean {
  if (type === RTN_ANYCAST || type === RTN_MULTICAST || dst === 'ff00::') return true;
  return type === RTN_LOCAL && protocol === RTPROT_KERNEL;
}

function isOfRa({ flags, gateway, nhId, type }: Route): boolean {
  return (flags & RTF_ADDRCONF) !== 0 && gateway !== '::' && nhId === 0 && !REJECTS[type];
}

/** The siblings of a route, itself among them, in leaf order. */
function pathsOf(snapshot: Snapshot, route: Route): Route[] {
  if (route.siblings === 0 || route.nhId !== 0) return [route];
  return [...snapshot.routes.values()].filter(
    (other) =>
      other.siblings > 0 &&
      other.nhId === 0 &&
      other.table === route.table &&
      other.metric === route.metric &&
      `${other.dst}/${other.dstLen} ${other.src}/${other.srcLen}` ===
        `${route.dst}/${route.dstLen} ${route.src}/${route.srcLen}`,
  );
}

function command(
  verb: 'append' | 'del',
  snapshot: Snapshot,
  route: Route,
  nhId: number | undefined,
): IpCommand {
  const words = ['ip', '-6', 'route', verb, ...headWords(route)];
  const id = nhId ?? route.nhId;
  if (id !== 0) words.push('nhid', `${id}`);
  else if (REJECTS[route.type] === undefined) words.push(...hopWords(snapshot, route, false));
  return ipCommand('must', ...words);
}

function headWords(route: Route): string[] {
  const type = route.type === RTN_LOCAL ? 'local' : REJECTS[route.type];
  const words = [...(type === undefined ? [] : [type]), `${route.dst}/${route.dstLen}`];
  if (route.srcLen > 0) words.push('from', `${route.src}/${route.srcLen}`);
  words.push('table', `${route.table}`, 'metric', `${route.metric}`, 'proto', `${route.protocol}`);
  if (route.prefsrc !== '::') words.push('src', route.prefsrc);
  return [...words, ...prefWords(route)];
}

/** A gateway of more than link scope need not be reachable: lookups do not ask. */
function hopWords(snapshot: Snapshot, route: Route, isOneOfMany: boolean): string[] {
  const words = route.gateway === '::' ? [] : ['via', route.gateway];
  words.push('dev', deviceName(snapshot, route.oif));
  if (isOneOfMany) words.push('weight', `${Math.max(1, route.weight)}`);
  if (route.gateway !== '::' && !route.gateway.startsWith('fe80:')) words.push('onlink');
  return words;
}
