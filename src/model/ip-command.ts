/** Words of ip(8) for what a snapshot holds: whoever prints them quotes them. */

import type { Route, Rule, Snapshot } from '../state/snapshot.ts';
import {
  FIB_RULE_INVERT,
  FR_ACT_BLACKHOLE,
  FR_ACT_GOTO,
  FR_ACT_NOP,
  FR_ACT_PROHIBIT,
  FR_ACT_UNREACHABLE,
  RTF_PREF_SHIFT,
} from './constants.ts';

export interface IpCommand {
  readonly words: readonly string[];
  /**
   * `must`: a failure ends the script; `may-fail`: what it makes or removes may be there or not;
   * `until-fails`: removes one of possibly several.
   */
  readonly how: 'must' | 'may-fail' | 'until-fails';
}

export function ipCommand(how: IpCommand['how'], ...words: string[]): IpCommand {
  return { words, how };
}

/** ip(8) takes `if5` for the device with that index when no device has that name. */
export function deviceName(snapshot: Pick<Snapshot, 'links'>, ifindex: number): string {
  return snapshot.links.get(ifindex)?.name || `if${ifindex}`;
}

const PREF: Readonly<Record<number, string>> = { 1: 'high', 3: 'low' };

/** Router preference of a route (RFC 4191, section 2.1); none for medium. */
export function prefWords({ flags }: Route): string[] {
  const pref = PREF[(flags >>> RTF_PREF_SHIFT) & 3];
  return pref === undefined ? [] : ['pref', pref];
}

const ACTIONS: Readonly<Record<number, string>> = {
  [FR_ACT_NOP]: 'nop',
  [FR_ACT_BLACKHOLE]: 'blackhole',
  [FR_ACT_UNREACHABLE]: 'unreachable',
  [FR_ACT_PROHIBIT]: 'prohibit',
};

/** `ip -6 rule add` and what the rule says; `fib6_rule_match()` compares nothing else. */
export function addRule(rule: Rule): IpCommand {
  const { src, dst, mark, markMask, iifname, oifname, uidRange, ipProto, dscp } = rule;
  const words = ['ip', '-6', 'rule', 'add'];
  if (rule.frFlags & FIB_RULE_INVERT) words.push('not');
  words.push('pref', `${rule.pref}`);
  if (src !== '::/0') words.push('from', src);
  if (dst !== '::/0') words.push('to', dst);
  if (markMask !== 0) words.push('fwmark', `${hex(mark)}/${hex(markMask)}`);
  if (iifname !== '') words.push('iif', iifname);
  if (oifname !== '') words.push('oif', oifname);
  if (uidRange) words.push('uidrange', `${uidRange.start}-${uidRange.end}`);
  if (ipProto !== 0) words.push('ipproto', `${ipProto}`);
  if (rule.sportStart !== 0) words.push('sport', `${rule.sportStart}-${rule.sportEnd}`);
  if (rule.dportStart !== 0) words.push('dport', `${rule.dportStart}-${rule.dportEnd}`);
  if (dscp !== 0) words.push('tos', hex(dscp));
  if (rule.l3mdev) words.push('l3mdev');
  const { action } = rule;
  if (action === FR_ACT_GOTO) words.push('goto', `${rule.gotoTarget}`);
  else if (ACTIONS[action] !== undefined) words.push(ACTIONS[action]);
  else if (!rule.l3mdev) words.push('lookup', `${rule.table}`);
  const { suppressPrefixlen, suppressIfgroup } = rule;
  if (suppressPrefixlen >= 0) words.push('suppress_prefixlength', `${suppressPrefixlen}`);
  if (suppressIfgroup >= 0) words.push('suppress_ifgroup', `${suppressIfgroup}`);
  return { words, how: 'must' };
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}
