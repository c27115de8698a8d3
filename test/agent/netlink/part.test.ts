/** The small pure pieces around the decoders. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  DEVCONF_FIELDS,
  devconfFromArray,
  devconfFromFiles,
} from '../../../agent/netlink/devconf.ts';
import { decodeLink, inDeviceOrder } from '../../../agent/netlink/link.ts';
import { splitRecords } from '../../../agent/netlink/split-records.ts';
import { parseSysctl } from '../../../agent/netlink/sysctl.ts';
import { readGolden } from './golden.ts';

test('links come in the order of the device list, those without IPv6 last', () => {
  const golden = readGolden('link');
  const links = golden.messages.flatMap((message) => decodeLink(message, golden.origin) ?? []);
  const names = (igmp6: string): string[] =>
    inDeviceOrder(links, igmp6).map(({ link }) => link.name);
  assert.deepEqual(names(''), ['lo', 'vb', 'va', 'br0']);
  const igmp6 = [
    '4    br0             ff020000000000000000000000000001     1 0000000C 0',
    '3    va              ff0200000000000000000001ff00000a     1 00000004 0',
    '3    va              ff020000000000000000000000000001     1 0000000C 0',
    '1    lo              ff020000000000000000000000000001     1 0000000C 0',
  ].join('\n');
  assert.deepEqual(names(igmp6), ['br0', 'va', 'lo', 'vb']);
});

test('devconf: array and files of the same settings are the same', () => {
  const fields = Object.values(DEVCONF_FIELDS);
  const values = fc.array(fc.integer({ min: 0, max: 2_000_000 }), {
    minLength: 60,
    maxLength: 60,
  });
  fc.assert(
    fc.property(values, (list) => {
      const array = new Int32Array(list);
      for (const { index, scale = 1 } of fields) array[index] = (list[index] ?? 0) * scale;
      const fileOf = new Map(fields.map(({ file, index }) => [file, BigInt(list[index] ?? 0)]));
      const fromArray = devconfFromArray(new Uint8Array(array.buffer));
      assert.deepEqual(
        fromArray,
        devconfFromFiles((file) => fileOf.get(file)),
      );
    }),
  );
});

test('devconf: what a kernel lacks is 0, and no array is no devconf', () => {
  assert.equal(devconfFromArray(undefined), undefined);
  assert.equal(devconfFromArray(new Uint8Array(3)), undefined);
  const short = devconfFromArray(new Uint8Array(new Int32Array([1, 64, 1500]).buffer));
  assert.equal(short?.hopLimit, 64);
  assert.equal(short?.acceptRaMinLft, 0);
  assert.equal(devconfFromFiles(() => undefined).forwarding, 0);
});

const SYSCTLS: readonly [content: string, want: bigint | undefined][] = [
  ['1\n', 1n],
  ['-1\n', -1n],
  ['72057594037927935\n', 72057594037927935n],
  ['', undefined],
  ['1\t2\n', undefined],
  ['0x7\n', undefined],
  ['cubic\n', undefined],
  ['99999999999999999999\n', undefined],
];

for (const [content, want] of SYSCTLS) {
  test(`sysctl ${JSON.stringify(content)}`, () => {
    assert.equal(parseSysctl(content), want);
  });
}

function record(len: number, claim = len): Uint8Array {
  const bytes = new Uint8Array(len);
  new DataView(bytes.buffer).setUint32(24, claim, true);
  return bytes;
}

test('records are cut apart where they say', () => {
  const joined = Buffer.concat([record(48), record(176), record(40)]);
  assert.deepEqual(
    splitRecords(joined).map((bytes) => bytes.length),
    [48, 176, 40],
  );
  assert.deepEqual(splitRecords(new Uint8Array()), []);
});

for (const [name, bytes] of [
  ['no length', record(48, 0)],
  ['less than a header', record(48, 32)],
  ['beyond the end', record(48, 56)],
  ['no multiple of eight', record(48, 44)],
  ['a stump behind the last', Buffer.concat([record(48), new Uint8Array(30)])],
] as const) {
  test(`records whose lengths do not add up are refused: ${name}`, () => {
    assert.throws(() => splitRecords(bytes), RangeError);
  });
}
