/**
 * Hostile router advertisements, calls and netlink messages against the PvD kernel with its checks
 * on. PVDSCOPE_FUZZ_MINUTES (5), PVDSCOPE_FUZZ_SEED, PVDSCOPE_FUZZ_KERNEL (pvd:debug).
 */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { findKernel } from '../../agent/lab/kernel.ts';
import { runInGuest } from '../../agent/lab/vm.ts';
import { makeWorkDir } from '../../agent/lab/work-dir.ts';
import { encodeRa } from '../../src/decode/nd/ra.ts';
import { mutate, randomFrom } from '../fuzz/mutate.ts';
import { hostileArb, pvdArb, raArb } from '../property/nd-arbitrary.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SCRIPT = join(ROOT, 'test/long/pvd-fuzz.py');
const {
  PVDSCOPE_FUZZ_MINUTES,
  PVDSCOPE_FUZZ_SEED,
  PVDSCOPE_FUZZ_KERNEL = 'pvd:debug',
} = process.env;
const MINUTES = Number(PVDSCOPE_FUZZ_MINUTES ?? 5);
const SEED = Number(PVDSCOPE_FUZZ_SEED ?? Date.now() & 0xffff);
/** Each kind, so four times as many; the guest takes them again and again in its own order. */
const EACH = 5000;
/** What a link of 1500 octets carries after the IPv6 header. */
const OCTETS_MAX = 1452;
const SPLAT =
  /WARNING:|BUG:|BUG |Oops|general protection|suspicious RCU|possible (recursive|circular) locking|soft lockup|blocked for more than|unregister_netdevice: waiting/;

/** As sent, as changed in the fields, as changed in the octets, and with a domain in each. */
function hostile(): Uint8Array[] {
  const random = randomFrom(SEED);
  const sample = <T>(arb: fc.Arbitrary<T>) => fc.sample(arb, { seed: SEED, numRuns: EACH });
  const good = sample(raArb).map(encodeRa);
  const withPvd = sample(fc.tuple(raArb, pvdArb)).map(([{ header, options }, pvd]) =>
    encodeRa({ header, options: [...options.filter(({ kind }) => kind !== 'pvd'), pvd] }),
  );
  const all = [...good, ...withPvd, ...sample(hostileArb)];
  const changed = withPvd.map((octets) =>
    mutate(octets, all[random(all.length)] ?? octets, random),
  );
  return [...all, ...changed].filter(({ length }) => length > 0 && length <= OCTETS_MAX);
}

test('hostile advertisements and calls: no splat, no leak, no hang', async (t) => {
  const work = makeWorkDir();
  const file = join(work.path, 'messages');
  const frames = hostile().flatMap((octets) => [
    Uint8Array.of(octets.length >> 8, octets.length & 0xff),
    octets,
  ]);
  writeFileSync(file, Buffer.concat(frames));
  const chunks: string[] = [];
  const splats: string[] = [];
  const { exitCode } = await runInGuest({
    kernel: await findKernel(PVDSCOPE_FUZZ_KERNEL),
    command: ['python3', SCRIPT, file, String(MINUTES * 60), String(SEED)],
    cwd: ROOT,
    timeoutMs: (4 * MINUTES + 20) * 60_000,
    stdout: new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk.toString());
        done();
      },
    }),
    onConsole: (line) => {
      if (SPLAT.test(line)) splats.push(line);
    },
  });
  const out = chunks.join('');
  const summary = /^done: .*$/m.exec(out)?.[0];
  t.diagnostic(`seed ${SEED}: ${summary}`);
  assert.deepEqual(splats, []);
  assert.ok(summary, out);
  assert.doesNotMatch(out, /[1-9]\d* leaks/);
  assert.equal(exitCode, 0, out);
});
