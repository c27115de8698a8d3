/** Addresses of a snapshot as commands: those a lookup may choose, and no route with them. */

import type { Instant } from '../net/instant.ts';
import type { Address, Snapshot } from '../state/snapshot.ts';
import {
  IFA_F_DEPRECATED,
  IFA_F_HOMEADDRESS,
  IFA_F_OPTIMISTIC,
  IFA_F_TEMPORARY,
  IFA_F_TENTATIVE,
} from './constants.ts';
import { deviceName, ipCommand } from './ip-command.ts';
import type { SetupStep } from './state-commands.ts';

const IFA_F_DADFAILED = 0x08;

export interface AddressCommands {
  readonly steps: readonly SetupStep[];
  /** The device of each address. */
  readonly on: readonly number[];
}

/** What cannot be made as it was goes to `gaps`. */
export function addressCommands(
  snapshot: Snapshot,
  atNs: Instant,
  gaps: string[],
): AddressCommands {
  const steps: SetupStep[] = [];
  const on: number[] = [];
  for (const address of snapshot.addresses.values()) {
    const { addr, flags, ifindex } = address;
    if (addr === '::1' || !snapshot.links.has(ifindex)) continue;
    const isOptimistic = (flags & IFA_F_OPTIMISTIC) !== 0;
    if (flags & IFA_F_DADFAILED || (flags & IFA_F_TENTATIVE && !isOptimistic)) {
      gaps.push(`${addr} is left out: it was tentative, or a duplicate`);
      continue;
    }
    if (flags & IFA_F_TEMPORARY) gaps.push(`${addr} was a temporary address`);
    if (isOptimistic) steps.push(...slowDad(deviceName(snapshot, ifindex)));
    steps.push({ step: 'run', ...addAddress(snapshot, address, atNs) });
    on.push(ifindex);
  }
  return { steps, on };
}

/** An address stays optimistic while DAD goes on. */
function slowDad(name: string): SetupStep[] {
  const conf = (key: string, value: number): SetupStep => ({
    step: 'write',
    path: ['ipv6', 'conf', name, key],
    value,
  });
  return [conf('accept_dad', 1), conf('dad_transmits', 100)];
}

function addAddress(snapshot: Snapshot, a: Address, atNs: Instant): ReturnType<typeof ipCommand> {
  const words = ['ip', '-6', 'addr', 'add'];
  if (a.peer !== '::' && a.peer !== a.addr) words.push(a.addr, 'peer', `${a.peer}/${a.prefixLen}`);
  else words.push(`${a.addr}/${a.prefixLen}`);
  words.push('dev', deviceName(snapshot, a.ifindex), 'noprefixroute');
  words.push(a.flags & IFA_F_OPTIMISTIC ? 'optimistic' : 'nodad');
  if (a.flags & IFA_F_HOMEADDRESS) words.push('home');
  const isOld = a.preferredUntil !== undefined && a.preferredUntil <= atNs;
  if (isOld || a.flags & IFA_F_DEPRECATED) words.push('preferred_lft', '0');
  return ipCommand('must', ...words);
}
