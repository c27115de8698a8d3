/** Topologies on this kernel: what is built, what is measured, and that nothing of it stays. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, test } from 'node:test';
import { AgentError } from '../../agent/error.ts';
import { runId } from '../../agent/lab/run-id.ts';
import { parseScenario } from '../../agent/lab/scenario-file.ts';
import { runScenario, type ScenarioEvent } from '../../agent/lab/scenario-run.ts';
import { withTopology } from '../../agent/lab/topology.ts';

const skip = process.geteuid?.() === 0 ? false : 'network namespaces need root';

const PAIR = `name: pair
links: {A: , B: }
namespaces:
  host:
    interfaces:
      eth0: {link: A, addresses: [fd00::1/64], sysctls: {accept_ra: 0}}
      eth1: {link: B, addresses: [fd01::1/64]}
    routes: [fd02::/64 via fd00::2]
  two:
    sysctls: {net.ipv6.conf.all.forwarding: 1}
    interfaces:
      eth0: {link: A, addresses: [fd00::2/64]}
      eth1: {link: B, addresses: [fd01::2/64]}
  three:
    interfaces: {eth0: {link: B, addresses: [fd01::3/64]}}
`;

/** Namespaces and directories of any run of this test process. */
function leftovers(run: string = runId()): string[] {
  const netns = existsSync('/run/netns') ? readdirSync('/run/netns') : [];
  return [...netns, ...readdirSync(os.tmpdir())].filter((name) => name.includes(run));
}

function alive(pid: number): boolean {
  try {
    // The state follows the command, which may hold anything but ends with the last parenthesis.
    return !/^ Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, ''));
  } catch {
    return false;
  }
}

afterEach(() => assert.deepEqual(leftovers(), []));

test('links carry packets, between two and between three', { skip }, async () => {
  await withTopology(parseScenario(PAIR, 'pair.yaml'), async (topology) => {
    for (const to of ['fd00::2', 'fd01::2', 'fd01::3']) {
      const { exitCode, stdout } = await topology.exec('host', ['ping', '-6', '-c', '1', to]);
      assert.equal(exitCode, 0, stdout);
    }
    const route = await topology.exec('host', 'ip -6 route show fd02::/64');
    assert.match(route.stdout, /via fd00::2 dev eth0/);
    const sysctl = await topology.exec('host', 'cat /proc/sys/net/ipv6/conf/eth0/accept_ra');
    assert.equal(sysctl.stdout, '0\n');
    // Addresses follow from the places in the file.
    const address = await topology.exec('host', 'ip -6 address show dev eth1 scope link');
    assert.match(address.stdout, /fe80::ff:fe00:102\/64/);
    assert.ok(existsSync(`/run/netns/${topology.netns('three')}`));
    assert.throws(() => topology.netns('four'));
  });
});

test('two topologies at once do not meet', { skip }, async () => {
  const file = parseScenario(PAIR, 'pair.yaml');
  await withTopology(file, (one) =>
    withTopology(file, async (two) => {
      assert.notEqual(one.netns('host'), two.netns('host'));
      assert.equal((await two.exec('host', 'ping -6 -c 1 fd01::3')).exitCode, 0);
    }),
  );
});

test('commands: exit codes, output, timeout, what they leave behind', { skip }, async () => {
  let daemon = 0;
  await withTopology(parseScenario(PAIR, 'pair.yaml'), async (topology) => {
    assert.equal((await topology.exec('two', 'exit 42')).exitCode, 42);
    assert.equal((await topology.exec('two', 'kill -9 $$')).exitCode, 137);
    assert.notEqual((await topology.exec('two', ['no-such-program'])).exitCode, 0);
    const both = await topology.exec('two', 'echo out; echo err >&2');
    assert.deepEqual([both.stdout, both.stderr], ['out\n', 'err\n']);
    const slow = await topology.exec('two', 'sleep 100', { timeoutMs: 100 });
    assert.equal(slow.timedOut, true);
    const much = await topology.exec('two', 'head -c 100000 /dev/zero', { outputMaxBytes: 10 });
    assert.deepEqual([much.stdout.length, much.truncated, much.exitCode], [10, true, 0]);
    const left = await topology.exec('two', 'setsid sleep 1000 > /dev/null 2>&1 & echo $!');
    daemon = Number(left.stdout);
    assert.ok(alive(daemon));
  });
  assert.equal(alive(daemon), false);
});

const FAULTS: readonly [from: string, to: string, message: RegExp][] = [
  ['fd00::2/64', 'fd00::/129', /^pair\.yaml:12:35: ip address add fd00::\/129 dev eth0: .*/],
  ['via fd00::2', 'via fe80::2', /^pair\.yaml:8:14: ip route add fd02::\/64 via fe80::2: .*/],
  ['accept_ra: 0', 'accept_rs: 0', /^pair\.yaml:6:\d+: .*no such sysctl/],
  ['accept_ra: 0', 'accept_ra: much', /^pair\.yaml:6:\d+: cannot write much/],
];

for (const [from, to, message] of FAULTS) {
  test(`what the kernel refuses is told by its line: ${to}`, { skip }, async () => {
    const file = parseScenario(PAIR.replace(from, to), 'pair.yaml');
    await assert.rejects(
      withTopology(file, async () => assert.fail('it was built')),
      (e) => e instanceof AgentError && message.test(e.message),
    );
  });
}

test('an exception and an abort take everything down', { skip }, async () => {
  const file = parseScenario(PAIR, 'pair.yaml');
  await assert.rejects(
    withTopology(file, async () => {
      throw new Error('mine');
    }),
    /mine/,
  );
  const controller = new AbortController();
  const running = withTopology(file, (t) => t.exec('host', 'sleep 100'), controller);
  setTimeout(() => controller.abort(new Error('stop')), 1000);
  await assert.rejects(running, /stop/);
});

const ROUTERS = `${PAIR}
routers:
  good:
    in: two
    interface: eth0
    radvd: {MinRtrAdvInterval: 3, MaxRtrAdvInterval: 4, 'prefix fd00::/64': {AdvOnLink: true}}
  later: {in: two, interface: eth1, radvd: {'prefix fd01::/64': {}}, start: false}
processes:
  server: {in: two, run: 'exec nc -6 -l -k -p 7 || exec sleep 100', start: false}
actions:
  - {in: host, wait: {route: fd00::/64}}
  - {in: host, run: 'true', repeat: 3}
  - {in: host, run: 'false', exit: fail}
  - {in: host, run: 'echo why; exit 3'}
  - {in: host, wait: {address: 'fd99::/64'}, timeout: 100ms}
  - {in: host, wait: {address: 'fd99::/64', gone: true}}
  - {start: later}
  - {stop: later}
  - {stop: good}
`;

test('a scenario runs to its end and tells every action', { skip }, async () => {
  const events: ScenarioEvent[] = [];
  const seen: string[] = [];
  const result = await runScenario(parseScenario(ROUTERS, 'routers.yaml'), {
    onEvent: (event) => events.push(event),
    observe: {
      attach: async (topology) => {
        const { stdout } = await topology.exec('two', 'ip netns pids "$(ip netns identify)"');
        seen.push(`attached, ${/radvd/.test(stdout) ? 'late' : 'in time'}`);
      },
      detach: async (_topology, results) => void seen.push(`detached after ${results.length}`),
    },
  });
  assert.deepEqual(seen, ['attached, in time', 'detached after 9']);
  assert.equal(result.ok, false);
  assert.equal(result.error, undefined);
  assert.deepEqual(
    result.results.map((r) => r.ok),
    [true, true, true, false, false, true, true, true, true],
  );
  assert.equal(result.results[3]?.exitCode, 3);
  assert.match(result.results[3]?.message ?? '', /^exit code 3, expected 0:\nwhy$/);
  assert.match(result.results[4]?.message ?? '', /not so after 0\.1 s/);
  assert.deepEqual(events[0]?.event, 'begin');
  const last = events.at(-1);
  assert.ok(last?.event === 'end' && !last.ok && Number(last.durationMs) > 0, JSON.stringify(last));
  assert.equal(events.length, 11);
});

test('what is incomplete is run again, so often at most, unless something failed', {
  skip,
}, async () => {
  const file = parseScenario(`${PAIR}actions: [{in: host, run: 'true'}]\n`, 'pair.yaml');
  /** Runs, the first `open` of them incomplete; tells of each end whether another follows. */
  const run = async (open: number, status: 'pass' | 'fail') => {
    let runs = 0;
    const ends: string[] = [];
    const tests = [{ name: 't', status, reason: '', details: [] }];
    const check = async () => ({ tests, incomplete: ++runs <= open ? 'undecided' : undefined });
    const result = await runScenario(file, {
      retries: 2,
      observe: { check },
      onEvent: (e) => {
        if (e.event === 'end') ends.push(e.again ? 'again' : (e.incomplete ?? 'whole'));
      },
    });
    assert.equal(result.checked?.incomplete ?? 'whole', ends.at(-1));
    return ends;
  };
  assert.deepEqual(await run(0, 'pass'), ['whole']);
  assert.deepEqual(await run(1, 'pass'), ['again', 'whole']);
  assert.deepEqual(await run(9, 'pass'), ['again', 'again', 'undecided']);
  assert.deepEqual(await run(9, 'fail'), ['undecided']);
});

test('a router that does not start is told with what it said', { skip }, async () => {
  const text = ROUTERS.replace('MinRtrAdvInterval: 3', 'MinRtrAdvIntervall: 3');
  const { ok, error, results } = await runScenario(parseScenario(text, 'routers.yaml'));
  assert.equal(ok, false);
  assert.equal(results.length, 0);
  assert.match(
    error?.message ?? '',
    /^routers\.yaml:\d+:3: good ended at once \(exit code \d+\): .*/,
  );
});

test('one that ends by itself later makes the scenario fail', { skip }, async () => {
  const text = `${PAIR}
processes: {short: {in: two, run: 'sleep 0.2; echo gone; exit 5'}}
actions: [{in: host, wait: {command: 'sleep 0.4'}}]
`;
  const { ok, results } = await runScenario(parseScenario(text, 'short.yaml'));
  assert.equal(ok, false);
  assert.match(results.at(-1)?.message ?? '', /exit code 5:\ngone/);
});

test('a killed run is swept by the next', { skip }, async () => {
  const script = `
    const { parseScenario } = await import('./scenario-file.js');
    const { withTopology } = await import('./topology.js');
    const { runId } = await import('./run-id.js');
    await withTopology(parseScenario(process.argv[1], 'x.yaml'), async (t) => {
      const { stdout } = await t.exec('two', 'setsid sleep 1000 > /dev/null 2>&1 & echo $!');
      console.log(runId(), stdout.trim());
      await t.exec('host', 'sleep 100');
    });`;
  const cwd = path.join(import.meta.dirname, '../../agent/lab');
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, PAIR], { cwd });
  const [run = '', daemon = ''] = await new Promise<string[]>((resolve) => {
    child.stdout.once('data', (line) => resolve(String(line).trim().split(' ')));
  });
  assert.ok(leftovers(run).length >= 4);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.on('close', resolve));
  await withTopology(parseScenario(PAIR, 'pair.yaml'), async () => {});
  assert.deepEqual(leftovers(run), []);
  assert.equal(alive(Number(daemon)), false);
});
