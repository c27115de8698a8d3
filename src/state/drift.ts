/** Drift: where a dump found the kernel's state different from the replica that followed it. */

import type { Change } from './change.ts';
import { sameValue } from './table.ts';

/** Instants are known to a jiffy by hooks, to a hundredth of a second by netlink. */
const CLOCK_NS = 1_000_000_000n;

/** Whether a change made by a dump put something right that decisions may have read. */
export function isDrift({ object, op, value, old }: Change): boolean {
  if (object === 'netns' || object === 'pvd') return false;
  // Nothing was claimed of a setting that no record told of.
  if (object === 'sysctl' && op === 'new') return false;
  if (op !== 'change') return true;
  return old !== undefined && !isSame(old as Fields, value as unknown as Fields);
}

const IFF_UP = 1;
const IFA_F_DEPRECATED = 0x20;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Attribution is pvdscope's own. Operstate, and the carrier of a device that is down, change
 * without an event; decisions read the carrier of those that are up. Since when an address is
 * deprecated nothing reads, and a dump does not tell (inet6_fill_ifaddr()). Instants are compared
 * as far as they are known.
 */
function isSame(old: Fields, value: Fields): boolean {
  return Object.keys(value).every((key) => {
    const a = old[key];
    const b = value[key];
    if (key === 'attribution' || key === 'operstate') return true;
    if (key === 'carrier' && !(Number(value['flags']) & IFF_UP)) return true;
    if (key === 'preferredUntil' && isDeprecated(old) && isDeprecated(value)) return true;
    if (typeof a === 'bigint' && typeof b === 'bigint' && key !== 'id') {
      return a - b < CLOCK_NS && b - a < CLOCK_NS;
    }
    return sameValue(a, b);
  });
}

function isDeprecated({ flags }: Fields): boolean {
  return (Number(flags) & IFA_F_DEPRECATED) !== 0;
}
