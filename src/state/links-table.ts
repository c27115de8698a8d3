/** The table of links, by ifindex. */

import type { Link } from './snapshot.ts';
import type { Table } from './table.ts';

export const LINKS: Table<number, Link> = {
  object: 'link',
  part: 'links',
  rows: (ns) => ns.links,
};
