/** One line of a state, carried out. */

import { prefixLen } from '../../src/net/prefix6.ts';
import type { Label } from '../../src/state/snapshot.ts';
import { applyEvent } from './ip-event.ts';
import {
  addAddr,
  addNeigh,
  addNexthop,
  addRule,
  addVeth,
  addVrf,
  applyLink,
  applyRoute,
  deleteAddr,
  downDevice,
  type IpState,
  indexOf,
  setLink,
  setSysctl,
} from './ip-state.ts';
import { next, parseLabel, peek, words } from './ip-words.ts';

/** Carries one line out. Errors of the kernel (EEXIST for a duplicate) are passed over, as with `-force`. */
export function applyLine(state: IpState, line: string): void {
  const w = words(line);
  const index = (name: string): number => indexOf(state, name);
  const object = next(w);
  if (object === 'dev') while (peek(w)) addVeth(state, next(w));
  else if (object === 'vrf') addVrf(state, w);
  else if (object === 'sysctl') setSysctl(state, next(w));
  else if (object === 'carrier')
    setLink(state, index(next(w)), { carrier: next(w) === 'on', sharesStale: false });
  else if (object === 'down') downDevice(state, index(next(w)));
  else if (object === 'link') applyLink(state, w);
  else if (applyEvent(state, object, w)) return;
  else {
    const verb = next(w);
    if (object === 'addr') verb === 'add' ? addAddr(state, w) : deleteAddr(state, w);
    else if (object === 'route') applyRoute(state, verb, w);
    else if (object === 'rule') addRule(state, w);
    else if (object === 'addrlabel') addLabel(state, parseLabel(w, index));
    else if (object === 'neigh') addNeigh(state, w);
    else if (object === 'nexthop') addNexthop(state, w);
    else throw new Error(`unknown line: ${line}`);
  }
}

/** `__ip6addrlbl_add()`: "File exists" when the first of its length without a device is the same. */
function addLabel(state: IpState, label: Label): void {
  const len = prefixLen(label.prefix);
  const { labels } = state;
  const first = labels.findLast((l) => l.ifindex === 0 && prefixLen(l.prefix) === len);
  const known = labels.filter((l) => l.prefix === label.prefix && l.ifindex === label.ifindex);
  if (known.length > 0 && (label.ifindex !== 0 || first?.prefix === label.prefix)) return;
  labels.push(label);
}
