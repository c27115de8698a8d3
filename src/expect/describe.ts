/** What was seen, in one line for people. Names of others are in it: escape it. */

import { NONE, type SeenDecision, type SeenRow } from './seen.ts';

export function describeRow(row: SeenRow): string {
  switch (row.object) {
    case 'pvd':
      return `PvD ${row.id} on ${row.interfaces.join(', ')}`;
    case 'address':
      return `${row.addr} on ${row.dev}, PvD ${row.pvd}`;
    case 'route':
      return `${row.dst} via ${row.via} on ${row.dev}, table ${row.table}, PvD ${row.pvd}`;
  }
}

/** One line for people. */
export function describeDecision(seen: SeenDecision): string {
  const { seq, what, comm, asked, answer, because } = seen;
  const who = comm === '' ? '' : `${comm} `;
  const port = asked.dport === 0 ? '' : ` port ${asked.dport}`;
  const { error, route, dev, via, source, pvd, sourcePvd, verdict, findings } = answer;
  const gave =
    error === NONE
      ? `route ${route} via ${via} on ${dev} (PvD ${pvd}), source ${source} (PvD ${sourcePvd})`
      : error;
  const found = findings.length === 0 ? '' : `, ${findings.join(', ')}`;
  const why = because === undefined ? '' : `; by the model ${because}`;
  return `#${seq} ${who}${what} to ${asked.daddr}${port}: ${gave}, ${verdict}${found}${why}`;
}
