/**
 * Which PvD an RA configures, and with what.
 *
 * RFC 8801, section 3.4: a PvD-aware host associates the RA and all it contains, options
 * outside the PvD option as well as inside, with the explicit PvD of its first PvD option, if
 * there is one, else with the implicit PvD of the interface and the router's address; an RA
 * header inside the PvD option takes precedence over the one outside. So an RA is never
 * about two PvDs (section 3.2: a router sends one RA for each).
 *
 * A host that does not know PvD ignores the PvD option and everything inside (section 3.3):
 * to it, the outer header and options are all, and they are the implicit PvD's.
 *
 * A first PvD option that is malformed names no PvD; as any option that cannot be used it
 * is passed over, and the RA is then the implicit PvD's. A later one does not take its place.
 */

import type { Addr6 } from '../../net/addr6.ts';
import { explicitPvdId, implicitPvdId, type PvdId } from '../../net/pvd-id.ts';
import type { DecodedOption } from './option.ts';
import type { DecodedPvd } from './pvd.ts';
import type { RaDecoded } from './ra.ts';
import type { RaHeader } from './ra-header.ts';

export interface RaPvd {
  readonly id: PvdId;
  readonly kind: 'explicit' | 'implicit';
  /** The PvD option; null for an implicit PvD. */
  readonly pvd: DecodedPvd | null;
  /** The header that counts: the one inside the PvD option, else the outer one. */
  readonly header: RaHeader;
  /** In order of the message; the nested ones stand at the PvD option's place. */
  readonly options: readonly RaPvdOption[];
}

export interface RaPvdOption {
  readonly option: DecodedOption;
  /** It stood inside the PvD option: hosts that do not know PvD never saw it. */
  readonly nested: boolean;
}

/** Where an RA came from. */
export interface RaSource {
  readonly ifindex: number;
  readonly saddr: Addr6;
}

/** The PvDs an accepted RA configures on a PvD-aware host: one; none when it is dropped. */
export function raPvds(ra: RaDecoded, source: RaSource): readonly RaPvd[] {
  if (ra.header === null || ra.outcome === 'drop') return [];
  const pvd = pvdOption(ra);
  const options: RaPvdOption[] = [];
  for (const option of ra.options) {
    if (option === pvd) options.push(...pvd.options.map((o) => ({ option: o, nested: true })));
    else options.push({ option, nested: false });
  }
  if (pvd === null) return [implicit(ra.header, options, source)];
  const header = pvd.ra ?? ra.header;
  return [{ id: explicitPvdId(pvd.id), kind: 'explicit', pvd, header, options }];
}

/** The same RA as a host sees it that does not know PvD. Mainline Linux is one. */
export function raPvdUnaware(ra: RaDecoded, source: RaSource): RaPvd | undefined {
  if (ra.header === null || ra.linuxOutcome === 'drop') return undefined;
  const pvd = pvdOption(ra);
  const outer = ra.options.filter((option) => option !== pvd);
  return implicit(
    ra.header,
    outer.map((option) => ({ option, nested: false })),
    source,
  );
}

/** The PvD option that counts, if any. */
export function pvdOption(ra: RaDecoded): (DecodedPvd & DecodedOption) | null {
  for (const option of ra.options) if (option.kind === 'pvd') return option;
  return null;
}

function implicit(header: RaHeader, options: readonly RaPvdOption[], source: RaSource): RaPvd {
  const id = implicitPvdId(source.ifindex, source.saddr);
  return { id, kind: 'implicit', pvd: null, header, options };
}
