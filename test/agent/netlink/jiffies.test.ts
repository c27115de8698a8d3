import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  bootTimeOfStamp,
  jiffiesEpoch,
  jiffiesOfTimerList,
} from '../../../agent/netlink/jiffies.ts';

const SEC = 1_000_000_000n;
const INITIAL = (hz: bigint): bigint => (1n << 32n) - 300n * hz;

test('the epoch: an hour of jiffies, the tick started 0.26 s late', () => {
  const nowNs = 3600n * SEC + 260_000_000n;
  assert.equal(jiffiesEpoch(INITIAL(250n) + 3600n * 250n, 250, nowNs, nowNs), 260_000_000n);
});

test('the epoch: suspended time is not counted by jiffies', () => {
  const elapsed = 3600n * SEC;
  const epoch = jiffiesEpoch(INITIAL(1000n) + 3_600_000n, 1000, elapsed + 500n * SEC, elapsed);
  assert.equal(epoch, 500n * SEC);
});

test('the epoch: the low 32 bits are enough, however often they wrapped', () => {
  const hours = fc.integer({ min: 0, max: 100_000 });
  fc.assert(
    fc.property(fc.constantFrom(100n, 250n, 300n, 1000n), hours, fc.nat(900), (hz, hour, lag) => {
      const lagNs = BigInt(lag) * 1_000_000n;
      const elapsed = BigInt(hour) * 3600n * SEC;
      const jiffies = INITIAL(hz) + BigInt(hour) * 3600n * hz;
      for (const reading of [jiffies, BigInt.asUintN(32, jiffies)]) {
        const epoch = jiffiesEpoch(reading, Number(hz), elapsed + lagNs, elapsed + lagNs);
        const error = epoch > lagNs ? epoch - lagNs : lagNs - epoch;
        assert.ok(error < 1000n, `${error} ns off`);
      }
    }),
  );
});

test('a stamp: hundredths since the epoch, with the last wrap undone', () => {
  const wrapNs = (1n << 32n) * 10_000_000n;
  fc.assert(
    fc.property(fc.bigInt(0n, 4n * wrapNs), fc.bigInt(0n, wrapNs - 2n * SEC), (stampNs, ageNs) => {
      const hundredths = Number((stampNs / 10_000_000n) % (1n << 32n));
      const got = bootTimeOfStamp(hundredths, 5n, 5n + stampNs + ageNs);
      assert.equal(got, 5n + (stampNs / 10_000_000n) * 10_000_000n);
    }),
  );
});

test('a stamp a little ahead of the clock stays ahead of it', () => {
  assert.equal(bootTimeOfStamp(1010, 0n, 10n * SEC), 10_100_000_000n);
});

test('jiffies of the timer list', () => {
  const list = 'now at 1 nsecs\n\ncpu: 0\n  .idle_jiffies   : 1\njiffies: 4295306044\n\ncpu: 1\n';
  assert.equal(jiffiesOfTimerList(list), 4295306044n);
  assert.equal(jiffiesOfTimerList('  .idle_jiffies   : 1\n'), undefined);
  assert.equal(jiffiesOfTimerList('jiffies: 42952'), undefined, 'cut by a chunk');
  assert.equal(jiffiesOfTimerList(''), undefined);
});
