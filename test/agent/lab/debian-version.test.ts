import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareDebianVersions } from '../../../agent/lab/debian-version.ts';

/** From old to new, as `dpkg --compare-versions` has them. */
const ORDER = [
  '6.1.9-1',
  '6.1.10~rc1-1',
  '6.1.10-1~bpo12+1',
  '6.1.10-1',
  '6.1.10-1+b1',
  '6.1.10-2',
  '6.1.10a-1',
  '6.1.10+x-1',
  '6.9-1',
  '6.12-1',
  '7.2.13-1',
  '1:1.0-1',
  '1:1.0-1.1',
];

test('versions are in the order of the policy, whichever is compared with which', () => {
  for (const [i, a] of ORDER.entries()) {
    for (const [j, b] of ORDER.entries()) {
      assert.equal(Math.sign(compareDebianVersions(a, b)), Math.sign(i - j), `${a} and ${b}`);
    }
  }
});

test('zeros before a number and a missing revision change nothing', () => {
  assert.equal(compareDebianVersions('6.01', '6.1'), 0);
  assert.equal(compareDebianVersions('6.1', '6.1-0'), 0);
  assert.equal(compareDebianVersions('0:6.1', '6.1'), 0);
});
