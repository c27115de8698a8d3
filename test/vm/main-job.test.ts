/** The main job on each kernel we promise, and its trace replayed here, on another kernel. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findKernel } from '../../agent/lab/kernel.ts';
import { runInGuest } from '../../agent/lab/vm.ts';
import { MAIN } from '../../agent/paths.ts';

const GUEST = fileURLToPath(new URL('./main-job-guest.js', import.meta.url));

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

for (const kernelName of ['debian:6.1', 'debian:6.12', 'debian:7.2']) {
  describe(`main job on ${kernelName}`, () => {
    const dir = mkdtempSync(join(tmpdir(), 'pvdscope-main-job-'));
    const checks = new Map<string, unknown>();
    let text = '';
    const check = <T>(name: string): T => {
      assert.ok(checks.has(name), `the guest said nothing of ${name}:\n${text}`);
      return checks.get(name) as T;
    };

    before(async () => {
      const { complaints } = await runInGuest({
        kernel: await findKernel(kernelName),
        command: [process.execPath, GUEST, dir],
        rw: [dir],
        timeoutMs: 600_000,
        stdout: new Writable({
          write(chunk: Buffer, _encoding, done) {
            text += chunk.toString();
            done();
          },
        }),
      });
      for (const line of text.split('\n').filter((l) => l.startsWith('{'))) {
        const { name, value } = JSON.parse(line) as { name: string; value: unknown };
        checks.set(name, value);
      }
      assert.deepEqual(complaints, [], 'the kernel complained');
    });
    after(() => rmSync(dir, { recursive: true, force: true }));

    it('sees all that the demo promises', () => {
      const { status, stdout, stderr } = check<Ended>('demo');
      const said = `${stdout}\n${stderr}`;
      assert.equal(stdout.match(/^ok {4} /gm)?.length, 7, said);
      assert.doesNotMatch(stdout, /^not ok/m);
      assert.equal(status, 0, said);
    });

    it('replays its trace on this kernel byte for byte', () => {
      const { status, stderr } = check<Ended>('record');
      // What the kernel kept from the other agent, and only that, is undecided.
      const isSkipped =
        /^ *# incomplete: \d+ undecided: lost-records; \d+ runs of hooks skipped$/m.test(stderr);
      assert.equal(status, isSkipped ? 5 : 0, stderr);
      const live = readFileSync(join(dir, 'live.ndjson'));
      assert.ok(live.length > 100_000, `only ${live.length} bytes of events`);
      const args = [MAIN, 'replay', '--format', 'ndjson', join(dir, 'main-job.pcapng')];
      const replay = spawnSync(process.execPath, args, { maxBuffer: 1 << 28 });
      assert.equal(replay.status, 0, replay.stderr.toString());
      assert.equal(digest(replay.stdout), digest(live));
    });

    it('judges every decision while another agent watches too, and finds none that diverges', () => {
      const kinds = new Map<string, number>();
      let skipped = 0;
      for (const line of readFileSync(join(dir, 'live.ndjson'), 'utf8').trim().split('\n')) {
        const { kind, netns, data } = JSON.parse(line);
        if (kind === 'stats') skipped = data.skipped ?? 0;
        if (kind !== 'decision') continue;
        // The other agent calibrates in namespaces that are gone before a dump could tell of them.
        const isOfOther = netns.name === '' || netns.name.startsWith('pid:');
        if (isOfOther && data.verdict.verdict === 'undecided') continue;
        const key = `${data.verdict.verdict}: ${data.verdict.reason ?? ''}`;
        kinds.set(key, (kinds.get(key) ?? 0) + 1);
      }
      const said = JSON.stringify([...kinds, ['skipped', skipped]]);
      assert.ok((kinds.get('agree: ') ?? 0) >= 50, said);
      // A kernel that preempts one of our programs skips it meanwhile, and counts that.
      if (skipped > 0) kinds.delete('undecided: lost-records');
      assert.deepEqual([...kinds.keys()], ['agree: '], said);
    });

    it('lets the other agent judge undisturbed', () => {
      const { stderr } = check<Ended>('record');
      assert.match(stderr, /^ +ok \d+ - no decision diverges from the model/m);
      assert.doesNotMatch(stderr, /^ *not ok (?!.*# TODO)/m);
    });

    // A second on real hardware; emulation is slower by a factor that depends on its host.
    it('ends soon after SIGINT and says what was lost', () => {
      const { status, ms, stderr } = check<Ended>('interrupt');
      assert.equal(status, 0, stderr);
      assert.ok(ms < 5000, `${ms} ms`);
      assert.match(stderr, /\d+ records, 0 lost/);
    });

    it('leaves no program and no namespace behind', () => {
      const { programs, netns } = check<{ programs: number; netns: string[] }>('left');
      assert.equal(programs, 0);
      assert.deepEqual(netns, []);
    });
  });
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
