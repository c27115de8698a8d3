import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  agesSec,
  bootTimeOfStamp,
  jiffiesOfTimerList,
  ticksNs,
} from '../../../agent/netlink/jiffies.ts';

const SEC = 1_000_000_000n;
const INITIAL = (hz: bigint): bigint => (1n << 32n) - 300n * hz;

test('ticks: an hour of jiffies, the tick started 0.26 s late', () => {
  const elapsedNs = 3600n * SEC + 260_000_000n;
  assert.equal(ticksNs(INITIAL(250n) + 3600n * 250n, 250, elapsedNs), 3600n * SEC);
});

test('ticks: the low 32 bits are enough, however often they wrapped', () => {
  const hours = fc.integer({ min: 0, max: 100_000 });
  fc.assert(
    fc.property(fc.constantFrom(100n, 250n, 300n, 1000n), hours, fc.nat(900), (hz, hour, lag) => {
      const lagNs = BigInt(lag) * 1_000_000n;
      const elapsed = BigInt(hour) * 3600n * SEC;
      const jiffies = INITIAL(hz) + BigInt(hour) * 3600n * hz;
      for (const reading of [jiffies, BigInt.asUintN(32, jiffies)]) {
        const ns = ticksNs(reading, Number(hz), elapsed + lagNs);
        const error = ns > elapsed ? ns - elapsed : elapsed - ns;
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

test('an age in whole seconds is sure unless a second may have ended meanwhile', () => {
  const span = (fromCs: number, toCs = fromCs) => ({
    epoch: 0n,
    fromCs: BigInt(fromCs),
    toCs: BigInt(toCs),
  });
  assert.deepEqual(agesSec(1000, span(1050)), { least: 0, most: 0 });
  assert.deepEqual(agesSec(1000, span(1099)), { least: 0, most: 0 });
  assert.deepEqual(agesSec(1000, span(1100)), { least: 0, most: 1 }, 'cut to hundredths');
  assert.deepEqual(agesSec(1000, span(1101)), { least: 1, most: 1 });
  assert.deepEqual(agesSec(1000, span(1150, 1220)), { least: 1, most: 2 });
  assert.deepEqual(agesSec(1000, span(995, 1005)), { least: 0, most: 0 }, 'stamped meanwhile');
  assert.deepEqual(agesSec(0xffff_fff0, span(2 ** 32 + 500)), { least: 5, most: 5 }, 'wrapped');
});

test('an age is what the kernel would say of any two readings of jiffies', () => {
  const rates = fc.constantFrom(100, 250, 300, 1000);
  fc.assert(
    fc.property(rates, fc.nat(2 ** 40), fc.nat(10 ** 6), fc.nat(5), (hz, stamp, age, took) => {
      const cs = (ticks: number): bigint => (BigInt(ticks) * 100n) / BigInt(hz);
      const fromCs = cs(stamp + age);
      const toCs = cs(stamp + age + took);
      const { least, most } = agesSec(Number(cs(stamp) % 2n ** 32n), { epoch: 0n, fromCs, toCs });
      for (let now = age; now <= age + took; now++) {
        const said = Math.floor(now / hz);
        assert.ok(least <= said && said <= most, `${least} <= ${said} <= ${most}`);
      }
    }),
  );
});
