/** Selectors that this build's iproute2 cannot make, so that no golden message has them. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeAttribute } from '../../../agent/netlink/attributes.ts';
import { decodeRule } from '../../../agent/netlink/rule.ts';

const ORIGIN = { netnsCookie: 7n, tsNs: 0n };
const u8 = (type: number, value: number): Uint8Array => encodeAttribute(type, Uint8Array.of(value));
const u16 = (type: number, value: number): Uint8Array =>
  encodeAttribute(type, Uint8Array.of(value & 0xff, value >> 8));

const FRA_DSCP = 25;
const FRA_SPORT_MASK = 28;
const FRA_DPORT_MASK = 29;
const FRA_DSCP_MASK = 30;

const TABLE: readonly [
  name: string,
  tos: number,
  attributes: Uint8Array[],
  dscp: number,
  unsaid: string[],
][] = [
  ['nothing', 0, [], 0, []],
  ['tos', 0x10, [], 0x10, []],
  ['tos without its ECN bits', 0x13, [], 0x10, []],
  ['FRA_DSCP', 0, [u8(FRA_DSCP, 10)], 40, []],
  ['FRA_DSCP with a full mask', 0, [u8(FRA_DSCP, 10), u8(FRA_DSCP_MASK, 0x3f)], 40, []],
  ['FRA_DSCP with a mask', 0, [u8(FRA_DSCP, 8), u8(FRA_DSCP_MASK, 0x38)], 32, ['dscp mask']],
  ['FRA_DSCP 0, which is not "any"', 0, [u8(FRA_DSCP, 0)], 0, ['dscp 0']],
  ['full port masks', 0, [u16(FRA_SPORT_MASK, 0xffff), u16(FRA_DPORT_MASK, 0xffff)], 0, []],
  ['no port masks, as with a range', 0, [u16(FRA_SPORT_MASK, 0)], 0, []],
  ['a source port mask', 0, [u16(FRA_SPORT_MASK, 0xff00)], 0, ['sport mask']],
  ['a destination port mask', 0, [u16(FRA_DPORT_MASK, 1)], 0, ['dport mask']],
  ['a flow label', 0, [encodeAttribute(26, new Uint8Array(4))], 0, ['flowlabel']],
  ['a tunnel', 0, [encodeAttribute(12, new Uint8Array(8))], 0, ['tun_id']],
  ['a selector of a later kernel', 0, [u8(31, 1)], 0, ['attribute 31']],
];

for (const [name, tos, attributes, dscp, unsaid] of TABLE) {
  test(`rule: ${name}`, () => {
    const payload = Buffer.concat([
      Uint8Array.of(10, 0, 0, tos, 254, 0, 0, 1, 0, 0, 0, 0),
      ...attributes,
    ]);
    const decoded = decodeRule({ type: 32, flags: 2, seq: 1, payload }, ORIGIN, new Map());
    assert.equal(decoded?.rule.dscp, dscp);
    assert.deepEqual(decoded?.unsaid, unsaid);
  });
}
