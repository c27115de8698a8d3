/** Address labels of RFC 6724, section 2.1 (net/ipv6/addrlabel.c). */

import type { Addr6 } from '../net/addr6.ts';
import type { Label } from '../state/snapshot.ts';
import { prefixEqual, wordsOf } from './words.ts';

export interface LabelIndex {
  readonly words: Uint32Array;
  readonly len: number;
  readonly ifindex: number;
  readonly label: number;
}

/**
 * `__ip6addrlbl_add()`: longest prefix first; of one length those naming a device first, and
 * then the newest, which are the last in a snapshot.
 */
export function sortLabels(labels: readonly Label[]): LabelIndex[] {
  return labels
    .map(({ prefix, ifindex, label }) => {
      const [addr = '::', len = '0'] = prefix.split('/');
      return { words: wordsOf(addr as Addr6), len: Number(len), ifindex, label };
    })
    .reverse()
    .sort((a, b) => b.len - a.len || Number(b.ifindex !== 0) - Number(a.ifindex !== 0));
}

/** `ipv6_addr_label()`: label of an address on a device, 0xffffffff when no entry covers it. */
export function addrLabel(
  labels: readonly LabelIndex[],
  words: Uint32Array,
  at: number,
  ifindex: number,
): number {
  for (const entry of labels) {
    if (entry.ifindex !== 0 && entry.ifindex !== ifindex) continue;
    if (prefixEqual(entry.words, 0, words, at, entry.len)) return entry.label;
  }
  return 0xffffffff;
}
