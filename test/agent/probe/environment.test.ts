/** Each way a kernel or a process cannot trace: one clear error with a hint. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { AgentError, EXIT } from '../../../agent/error.ts';
import {
  canTrace,
  requirePrerequisites,
  requireTracing,
} from '../../../agent/probe/environment.ts';
import { filterGlobals } from '../../../agent/probe/filter.ts';
import { openProbe } from '../../../agent/probe/probe.ts';

const root = process.getuid?.() === 0;
const handlers = {
  onRecord: () => {},
  onError: (error: Error) => {
    throw error;
  },
};

/** Runs `body` in a process of its own, with `environment` imported. */
function inChild(body: string, command: readonly string[] = []): string {
  const url = (path: string): string => JSON.stringify(import.meta.resolve(path));
  const script = `
    import * as environment from ${url('../../../agent/probe/environment.js')};
    import { keepOnlyCapabilities } from ${url('../../../agent/libbpf/capability.js')};
    ${body}`;
  const argv = [...command, process.execPath, '--input-type=module', '-e', script];
  const done = spawnSync(argv[0] ?? '', argv.slice(1), { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout;
}

describe('requirePrerequisites', { skip: root ? false : 'needs root' }, () => {
  it('names the capabilities that are missing', () => {
    const out = inChild(`
      keepOnlyCapabilities(['BPF', 'NET_RAW']);
      try { environment.requirePrerequisites(); } catch (error) {
        console.log(error.code, error.exitCode, error.message, '|', error.hint);
      }
      console.log(environment.canTrace().ok);`);
    assert.match(out, /^PVD_ERR_CAPABILITY 3 tracing needs CAP_PERFMON, CAP_NET_ADMIN, /);
    assert.match(out, /\| run as root/);
    assert.match(out, /false\n$/);
  });

  it('takes CAP_SYS_ADMIN for CAP_BPF and CAP_PERFMON', () => {
    const out = inChild(`
      keepOnlyCapabilities(['SYS_ADMIN', 'NET_ADMIN']);
      environment.requirePrerequisites();
      console.log('fine');`);
    assert.equal(out, 'fine\n');
  });

  for (const [name, path] of [
    ['missing', '/nonexistent/vmlinux'],
    ['a directory', '/proc'],
    ['garbage', process.execPath],
    ['empty', '/dev/null'],
  ] as const) {
    it(`refuses BTF that is ${name}`, () => {
      assert.throws(
        () => requirePrerequisites(path),
        (error) =>
          error instanceof AgentError &&
          error.code === 'PVD_ERR_BTF' &&
          error.exitCode === EXIT.environment &&
          /CONFIG_DEBUG_INFO_BTF/.test(error.hint ?? ''),
      );
    });
  }
});

describe('a kernel that refuses tracing', {
  skip: root && !canTrace().ok ? false : 'this one does not',
}, () => {
  it('is told by every way in, with a hint', async () => {
    const isClear = (error: unknown): boolean =>
      error instanceof AgentError &&
      error.exitCode === EXIT.environment &&
      error.hint !== undefined;
    assert.throws(() => requireTracing(requirePrerequisites()), isClear);
    await assert.rejects(openProbe(handlers), isClear);
    assert.notEqual(canTrace().reason, '');
  });
});

describe('openProbe', () => {
  for (const ringBytes of [0, 1000, 3 << 20, 2 ** 31, -4096, Number.NaN]) {
    it(`refuses a ring of ${ringBytes} bytes`, async () => {
      await assert.rejects(openProbe({ ...handlers, ringBytes }), {
        code: 'PVD_ERR_RING',
        exitCode: EXIT.usage,
      });
    });
  }
});

describe('filterGlobals', () => {
  it('tells "no filter" from "nothing passes"', () => {
    const none = filterGlobals({ self: true });
    assert.deepEqual(none, {
      filter_netns: false,
      filter_tgid: false,
      filter_cgroup: false,
      agent_tgid: 0,
    });
    const empty = filterGlobals({ netns: [], tgids: [], cgroups: [], self: true });
    assert.deepEqual(
      [empty.filter_netns, empty.filter_tgid, empty.filter_cgroup],
      [true, true, true],
    );
  });
});
