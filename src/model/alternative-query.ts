/** How a bound flow is put to a kernel that knows no PvDs: by a mark, or by a bound device. */

import type { PvdId } from '../net/pvd-id.ts';
import { type Alternative, type Domain, type Reason, reason } from './alternative.ts';
import { MARK_NOWHERE } from './alternative-pbr.ts';
import { effectiveBinding } from './binding.ts';
import { ENODEV } from './constants.ts';
import type { MultiPvd } from './profile.ts';
import type { Binding, Query } from './query.ts';

/** The question in the alternative's words, or the errno with which it cannot even be asked. */
export interface Translated {
  readonly query: Query | undefined;
  readonly error: number;
  /** What was lost on the way. */
  readonly reasons: readonly Reason[];
}

/** Translates a question; the binding is gone from it afterwards. */
export function translate(alternative: Alternative, query: Query, multi: MultiPvd): Translated {
  const binding = bindingOf(query);
  const { binding: _binding, scopes: _scopes, ...bare } = query;
  if (query.kind === 'lookup' && query.input === true) return asked(bare as Query);
  return alternative.kind === 'pbr'
    ? toMark(alternative, bare as Query, binding, multi)
    : toDevice(alternative, bare as Query, binding, multi);
}

/** What a question is bound to. */
export function bindingOf(query: Query): Binding {
  return query.binding ?? (query.scopes && effectiveBinding(query.scopes, 'strict'));
}

function asked(query: Query, reasons: readonly Reason[] = []): Translated {
  return { query, error: 0, reasons };
}

/** PvDs of the binding that have a place here, the most wanted first. */
function domainsOf(alternative: Alternative, binding: readonly PvdId[]): Domain[] {
  return binding.flatMap((id) => alternative.domains.filter((domain) => domain.pvd === id));
}

/** SO_MARK: a bit for each PvD. `ipv6_dev_get_saddr()` never sees it, so a `saddr` stays as it is. */
function toMark(
  alternative: Alternative,
  query: Query,
  binding: Binding,
  multi: MultiPvd,
): Translated {
  if (query.kind === 'saddr') return asked(query);
  const mine = alternative.domains.reduce((bits, { mark }) => bits | mark, MARK_NOWHERE);
  const taken = ((query.mark ?? 0) & mine) !== 0 ? [reason('mark-taken')] : [];
  if (binding === undefined || binding.length === 0) return asked(query, taken);
  const domains = domainsOf(alternative, binding);
  const chosen = multi === 'first-match' ? domains.slice(0, 1) : domains;
  const marked = chosen.filter(({ mark }) => mark !== 0);
  const bits = marked.reduce((all, { mark }) => all | mark, 0) || MARK_NOWHERE;
  const lost = chosen
    .filter(({ mark }) => mark === 0)
    .map(({ pvd }) => reason('no-mark-left', [pvd]));
  const mark = ((query.mark ?? 0) | bits) >>> 0;
  return asked({ ...query, mark }, [...taken, ...lost]);
}

/**
 * SO_BINDTODEVICE: one device at most, so the first PvD that exists serves. A socket bound to a
 * slave is in its VRF already; one bound to a device elsewhere cannot be in this VRF too.
 */
function toDevice(
  alternative: Alternative,
  query: Query,
  binding: Binding,
  multi: MultiPvd,
): Translated {
  if (binding === undefined || binding.length === 0) return asked(query);
  const domains = domainsOf(alternative, binding);
  const [domain] = domains;
  if (domain === undefined) {
    return { query: undefined, error: ENODEV, reasons: [reason('no-such-pvd', binding)] };
  }
  const pvds = domains.map(({ pvd }) => pvd);
  const reasons = domains.length > 1 && multi === 'union' ? [reason('one-device', pvds)] : [];
  const oif = query.oif ?? 0;
  if (oif !== 0) {
    const isInside = oif === domain.ifindex || domain.members.includes(oif);
    if (isInside) return asked(query, reasons);
    const taken = reason('device-taken', [domain.pvd], oif);
    return { query: undefined, error: ENODEV, reasons: [...reasons, taken] };
  }
  if (query.kind === 'saddr') return asked({ ...query, oif: domain.ifindex }, reasons);
  const sock = { srcprefs: query.sock?.srcprefs ?? 0, boundDevIf: domain.ifindex };
  return asked({ ...query, oif: domain.ifindex, sock }, reasons);
}
