/** What the kernel puts into a netns when it makes one. */

import { prefix6 } from '../net/prefix6.ts';
import { type Context, netnsChanged } from './context.ts';
import { LABELS, labelKey } from './labels.ts';
import { blankRule, RULES } from './rules.ts';
import type { Label } from './snapshot.ts';
import { putRow } from './table.ts';

const RT_TABLE_MAIN = 254;
const RT_TABLE_LOCAL = 255;
const RTPROT_KERNEL = 2;

/** `fib6_rules_net_init()`: pref and table. */
const DEFAULT_RULES: readonly (readonly [number, number])[] = [
  [0, RT_TABLE_LOCAL],
  [32766, RT_TABLE_MAIN],
];

/** `ip6addrlbl_init_table` (net/ipv6/addrlabel.c), the table of RFC 3484 with additions. */
const DEFAULT_LABELS: readonly (readonly [string, number])[] = [
  ['::/0', 1],
  ['fc00::/7', 5],
  ['fec0::/10', 11],
  ['2002::/16', 2],
  ['3ffe::/16', 12],
  ['2001::/32', 6],
  ['2001:10::/28', 7],
  ['::ffff:0:0/96', 4],
  ['::/96', 3],
  ['::1/128', 0],
];

/** A netns was born under our eyes: all of it is known. What its birth already reported stays. */
export function bear(ctx: Context, inum: number): void {
  const { ns } = ctx;
  for (const [pref, table] of DEFAULT_RULES) {
    const id = ns.own.nextId++;
    putRow(ctx, RULES, `${id}`, { ...blankRule(id, pref), table, protocol: RTPROT_KERNEL });
  }
  for (const [text, label] of DEFAULT_LABELS) {
    const entry: Label = { prefix: prefix6(text), ifindex: 0, label };
    putRow(ctx, LABELS, labelKey(entry), entry);
  }
  ns.inum = inum;
  ns.seeded = ns.missing.length === 0;
  netnsChanged(ctx, 'change');
}
