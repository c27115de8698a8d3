/** Whether options that a host honours explain what an RA changed. */

import type { RaHeader } from '../../decode/nd/ra-header.ts';
import type { RaPvdOption } from '../../decode/nd/ra-pvds.ts';
import { isLinkLocal, isMulticast } from '../../net/addr6.ts';
import { prefixContains } from '../../net/prefix6.ts';
import type { Change, ChangeOf } from '../../state/change.ts';
import type { Route } from '../../state/snapshot.ts';
import type { RaObservation } from '../observation.ts';

const RTN_LOCAL = 2;
const RTN_ANYCAST = 4;

/** What a host honours of an RA. */
export interface Honoured {
  readonly header: RaHeader;
  readonly options: readonly RaPvdOption[];
}

/** What a host that does not look into PvD options honours. */
export function outside({ content }: RaObservation): Honoured {
  const options = content.options.filter(({ nested }) => !nested);
  return { header: content.outerHeader, options };
}

/**
 * A new address or route, or a link-layer address, that nothing honoured asks for; undefined
 * when there is none.
 */
export function unexplained(changes: readonly Change[], honoured: Honoured): Change | undefined {
  return changes.find((change) => !isExplained(change, honoured));
}

function isExplained(change: Change, honoured: Honoured): boolean {
  if (change.op === 'del') return true;
  if (change.object === 'neighbour') return isLladdrKnown(change.value.lladdr, honoured);
  if (change.op !== 'new') return true;
  if (change.object === 'address') {
    return isLinkLocal(change.value.addr) || isInPio(change.value.addr, honoured);
  }
  return change.object !== 'route' || isRouteAsked(change, honoured);
}

function isLladdrKnown(lladdr: string, { options }: Honoured): boolean {
  if (lladdr === '') return true;
  return options.some(({ option }) => option.kind === 'slla' && hex(option.lladdr) === lladdr);
}

function hex(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join(':');
}

function isInPio(addr: Route['dst'], { options }: Honoured): boolean {
  return options.some(
    ({ option }) =>
      option.kind === 'pio' && option.outcome === 'ok' && prefixContains(option.prefix, addr),
  );
}

function isRouteAsked({ value }: ChangeOf<'route'>, honoured: Honoured): boolean {
  const { dst, dstLen, type, gateway } = value;
  if (isLinkLocal(dst) || isMulticast(dst)) return true;
  if (type === RTN_LOCAL || type === RTN_ANYCAST) return isInPio(dst, honoured);
  if (dstLen === 0 && gateway !== '::' && honoured.header.lifetimeSec > 0) return true;
  const prefix = `${dst}/${dstLen}`;
  return honoured.options.some(
    ({ option }) =>
      (option.kind === 'pio' || option.kind === 'rio') &&
      option.outcome === 'ok' &&
      option.prefix === prefix,
  );
}

/** For people: `new route 2001:db8::/64`. */
export function changeText(change: Change): string {
  const { object, op, key } = change;
  if (object === 'route') return `${op} route ${change.value.dst}/${change.value.dstLen}`;
  if (object === 'address') return `${op} address ${change.value.addr}`;
  return `${op} ${object} ${key}`;
}
