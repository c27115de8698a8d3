/** What must hold of any octets given to the codec of Router Advertisements. */

import assert from 'node:assert/strict';
import { icmp6OfIpv6 } from '../../agent/capture/frame.ts';
import { raJson } from '../../agent/capture/ra-json.ts';
import { raText } from '../../agent/capture/ra-report.ts';
import type { DecodedOption } from '../../src/decode/nd/option.ts';
import { EXPERIMENTAL_TYPES, RFC8801_TYPES } from '../../src/decode/nd/options.ts';
import { decodeRa, encodeRa, type RaDecoded } from '../../src/decode/nd/ra.ts';
import { raPvds, raPvdUnaware } from '../../src/decode/nd/ra-pvds.ts';
import { addr6 } from '../../src/net/addr6.ts';

const SOURCE = { ifindex: 2, saddr: addr6('fe80::1') };
/** Codes after which the octets are not those that were read. */
const NOT_CANONICAL = /^(option-(length-zero|overrun)|padding-not-zero)$/;

/**
 * Throws where something does not hold; else tells what the octets are about, in words whose
 * combinations show how they differ from others: kinds of options and rules broken.
 * `shown`: also what `parse` prints of them, which takes ten times as long.
 */
export function checkOctets(octets: Uint8Array, shown = true): ReadonlySet<string> {
  const features = new Set<string>();
  for (const [name, pvdTypes] of [
    ['', RFC8801_TYPES],
    ['draft ', EXPERIMENTAL_TYPES],
  ] as const) {
    const ra = decodeRa(octets, { pvdTypes });
    checkPlaces(ra, octets.length);
    checkWayBack(ra, octets);
    if (shown) checkShown(ra, octets.length);
    let last = '';
    for (const option of flat(ra.options)) {
      features.add(`${name}${last} ${option.kind} ${option.reason}`);
      last = option.kind;
    }
    for (const { code } of ra.problems) features.add(`${name}${code}`);
  }
  icmp6OfIpv6(octets);
  return features;
}

function flat(options: readonly DecodedOption[]): DecodedOption[] {
  return options.flatMap((o) => (o.kind === 'pvd' ? [o, ...flat(o.options)] : [o]));
}

/** Nothing lies outside the message, and outcomes have reasons. */
function checkPlaces(ra: RaDecoded, lenBytes: number): void {
  for (const { offset, code } of ra.problems) {
    assert.ok(offset >= 0 && offset <= lenBytes, `${code} at ${offset} of ${lenBytes}`);
  }
  let end = 16;
  for (const option of ra.options) {
    assert.equal(option.offset, end);
    end += option.lenBytes;
    let inner = option.offset;
    for (const { offset, lenBytes: len } of option.kind === 'pvd' ? option.options : []) {
      assert.ok(offset >= inner + 8 && offset + len <= end);
      inner = offset + len - 8;
    }
  }
  assert.ok(ra.options.length === 0 || end <= lenBytes);
  for (const option of flat(ra.options)) {
    assert.equal(option.outcome === 'ignored', option.reason !== null);
  }
  assert.equal(ra.outcome === 'drop', ra.reason !== null);
  assert.equal(raPvds(ra, SOURCE).length, ra.outcome === 'drop' ? 0 : 1);
  raPvdUnaware(ra, SOURCE);
}

/** Canonical octets come back as they were; others become canonical. */
function checkWayBack(ra: RaDecoded, octets: Uint8Array): void {
  if (ra.header === null) return;
  const back = encodeRa({ header: ra.header, options: ra.options });
  const canonical = !ra.problems.some(({ code }) => NOT_CANONICAL.test(code));
  if (canonical) assert.equal(Buffer.compare(back, octets), 0, 'the way back');
  else assert.ok(back.length <= octets.length);
}

function checkShown(ra: RaDecoded, lenBytes: number): void {
  const shown = { frame: 1, lenBytes, ra };
  assert.match(raText(shown), /^[\x20-\x7e\n]*$/);
  assert.match(raJson(shown), /^[\x20-\x7e]*$/);
}
