/**
 * The commands of ip(8) that realise an alternative, as words: whoever prints them quotes
 * them. What RAs bring again by themselves is left to them.
 */

import type { Address, Route, Rule, Snapshot } from '../state/snapshot.ts';
import type { Alternative } from './alternative.ts';
import {
  FR_ACT_UNREACHABLE,
  IFA_F_DEPRECATED,
  IFA_F_HOMEADDRESS,
  IFA_F_PERMANENT,
  IFA_F_TEMPORARY,
  RTN_UNICAST,
  RTPROT_KERNEL,
  RTPROT_RA,
} from './constants.ts';
import { addRule, deviceName, type IpCommand, ipCommand, prefWords } from './ip-command.ts';

/** In the order in which they are to be run. Running them again changes nothing. */
export function commandsOf(alternative: Alternative): IpCommand[] {
  return alternative.kind === 'pbr' ? pbrCommands(alternative) : vrfCommands(alternative);
}

/** Takes it back; addresses and routes of devices that were in a VRF are not restored. */
export function undoCommands({ kind, rules, domains }: Alternative): IpCommand[] {
  const own = rules.filter((rule) => !isKernels(rule)).map(deleteRule);
  if (kind === 'pbr') return [...own, ...domains.filter(({ table }) => table).map(flush)];
  return [
    ...own,
    ...domains.map(({ name }) => ipCommand('may-fail', 'ip', 'link', 'del', 'dev', name)),
  ];
}

/** Routes before the rules that lead to them. */
function pbrCommands({ domains, routes, rules, snapshot }: Alternative): IpCommand[] {
  return [
    ...domains.filter(({ table }) => table !== 0).map(flush),
    ...routes.flatMap((route) => routeCommand(snapshot, route, 'add', 'must')),
    ...rules.flatMap((rule) => [deleteRule(rule), addRule(rule)]),
  ];
}

function flush({ table }: { readonly table: number }): IpCommand {
  return ipCommand('may-fail', 'ip', '-6', 'route', 'flush', 'table', `${table}`);
}

/** A device loses its addresses and routes when it is enslaved; those of commands come back so. */
function vrfCommands({ domains, routes, rules, snapshot }: Alternative): IpCommand[] {
  const members = new Set(domains.flatMap((domain) => domain.members));
  return [
    ...domains.flatMap(({ name, table }) => [
      ipCommand('may-fail', 'ip', 'link', 'add', 'name', name, 'type', 'vrf', 'table', `${table}`),
      ipCommand('must', 'ip', 'link', 'set', 'dev', name, 'up'),
    ]),
    ...rules
      .filter((rule) => !isKernels(rule))
      .flatMap((rule) => [deleteRule(rule), addRule(rule)]),
    ...domains.flatMap((domain) =>
      domain.members.map((ifindex) => {
        const device = deviceName(snapshot, ifindex);
        return ipCommand('must', 'ip', 'link', 'set', 'dev', device, 'master', domain.name);
      }),
    ),
    ...[...snapshot.addresses.values()]
      .filter((a) => members.has(a.ifindex) && isPermanent(a))
      .map((a) => addressCommand(snapshot, a)),
    ...routes.filter(isOfCommand).flatMap((route) => {
      const isAlone = !routes.some((other) => other !== route && sameNode(other, route));
      return isAlone
        ? routeCommand(snapshot, route, 'replace', 'must')
        : routeCommand(snapshot, route, 'append', 'may-fail');
    }),
  ];
}

/** Whether the kernel adds the rule with the first VRF (`vrf_fib_rule()`). */
function isKernels({ l3mdev, action }: Rule): boolean {
  return l3mdev && action !== FR_ACT_UNREACHABLE;
}

function deleteRule({ pref }: Rule): IpCommand {
  return ipCommand('until-fails', 'ip', '-6', 'rule', 'del', 'pref', `${pref}`);
}

function isPermanent({ flags }: Address): boolean {
  return (flags & IFA_F_PERMANENT) !== 0 && (flags & IFA_F_TEMPORARY) === 0;
}

function addressCommand(snapshot: Snapshot, a: Address): IpCommand {
  const device = deviceName(snapshot, a.ifindex);
  const words = ['ip', '-6', 'addr', 'replace', `${a.addr}/${a.prefixLen}`, 'dev', device];
  if (a.flags & IFA_F_HOMEADDRESS) words.push('home');
  if (a.flags & IFA_F_DEPRECATED) words.push('preferred_lft', '0');
  return { words, how: 'must' };
}

/** Neither of an RA nor made by the kernel with an address or a device. */
function isOfCommand({ protocol, type }: Route): boolean {
  return protocol !== RTPROT_KERNEL && protocol !== RTPROT_RA && type === RTN_UNICAST;
}

function sameNode(a: Route, b: Route): boolean {
  return (
    a.table === b.table &&
    a.metric === b.metric &&
    `${a.dst}/${a.dstLen} ${a.src}/${a.srcLen}` === `${b.dst}/${b.dstLen} ${b.src}/${b.srcLen}`
  );
}

const NS_PER_SEC = 1_000_000_000n;

/** None for a route whose lifetime is over. */
function routeCommand(
  snapshot: Snapshot,
  route: Route,
  verb: 'add' | 'replace' | 'append',
  how: IpCommand['how'],
): IpCommand[] {
  const words = ['ip', '-6', 'route', verb, `${route.dst}/${route.dstLen}`];
  if (route.srcLen > 0) words.push('from', `${route.src}/${route.srcLen}`);
  if (route.nhId !== 0) words.push('nhid', `${route.nhId}`);
  else {
    if (route.gateway !== '::') words.push('via', route.gateway);
    words.push('dev', deviceName(snapshot, route.oif));
  }
  words.push('table', `${route.table}`, 'metric', `${route.metric}`);
  if (route.prefsrc !== '::') words.push('src', route.prefsrc);
  words.push(...prefWords(route));
  if (route.expiresNs !== undefined) {
    const left = (route.expiresNs - snapshot.tsNs) / NS_PER_SEC;
    if (left <= 0n) return [];
    words.push('expires', `${left}`);
  }
  return [{ words, how }];
}
