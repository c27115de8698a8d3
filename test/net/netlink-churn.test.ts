/** Dumps while everything they show is added and removed. */

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { test } from 'node:test';
import { bootTimeNs } from '../../agent/libbpf/libc.ts';
import { type DumpItem, dumpNetns } from '../../agent/netlink/dump-netns.ts';
import { closeNetns, openNetns } from '../../agent/netns/handle.ts';
import { addNetns, ip, openFds, SKIP } from './netns-bed.ts';

const STABLE = 3000;
const DUMPS = 15;

const route = (i: number): string => `2001:db8:${(i + 1).toString(16)}::/64`;
const address = (i: number): string => `2001:db8:ffff::${(i + 1).toString(16)}`;

function batch(netns: string, lines: readonly string[]): void {
  execFileSync('ip', ['-n', netns, '-6', '-batch', '-'], { input: lines.join('\n') });
}

/** Adds and removes routes, addresses and rules until it is stopped. */
function churn(netns: string): ChildProcess {
  const lines: string[] = [];
  for (const verb of ['add', 'del']) {
    for (let i = 0; i < 200; i++) {
      lines.push(`route ${verb} ${route(0x8000 + i)} dev va`);
      lines.push(`addr ${verb} 2001:db8:eeee::${i.toString(16)}/64 dev va nodad`);
      lines.push(`rule ${verb} pref ${2000 + i} to ${route(i)} lookup 77`);
    }
  }
  const script = 'while :; do ip -n "$0" -6 -batch - <<EOF\n$1\nEOF\ndone';
  return spawn('sh', ['-c', script, netns, lines.join('\n')], { stdio: 'ignore' });
}

test('what stays is in every dump, whatever comes and goes', { skip: SKIP }, async () => {
  const name = addNetns();
  ip('-n', name, 'link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb');
  ip('-n', name, 'link', 'set', 'va', 'up');
  ip('-n', name, 'link', 'set', 'vb', 'up');
  const numbers = Array.from({ length: STABLE }, (_, i) => i);
  batch(
    name,
    numbers.map((i) => `route add ${route(i)} dev va`),
  );
  batch(
    name,
    numbers.slice(0, 300).map((i) => `addr add ${address(i)}/128 dev va nodad`),
  );
  const netns = openNetns(Buffer.from(`/run/netns/${name}`), name);
  assert.ok(netns);
  const fds = openFds();
  const disturber = churn(name);
  let disturbed = 0;
  try {
    for (let round = 0; round < DUMPS; round++) {
      const items: Exclude<DumpItem, Uint8Array>[] = [];
      for await (const item of dumpNetns({ netns, now: bootTimeNs })) {
        assert.ok('kind' in item);
        items.push(item);
      }
      const end = items.at(-1);
      assert.ok(end?.kind === 'dump-end');
      for (const { part, reason } of end.missing) {
        assert.match(`${part}: ${reason}`, /^routes: dumped over|: changed during each/);
      }
      const routes = new Set<string>(items.map((e) => (e.kind === 'route' ? e.entry.dst : '')));
      const addresses = new Set<string>(items.map((e) => (e.kind === 'addr' ? e.addr : '')));
      assert.ok(
        numbers.every((i) => routes.has(route(i).replace('/64', ''))),
        `round ${round}: a route is not there`,
      );
      assert.ok(
        numbers.slice(0, 300).every((i) => addresses.has(address(i))),
        `round ${round}: an address is not there`,
      );
      if (items.some((e) => e.kind === 'rule' && e.pref >= 2000 && e.pref < 2200)) disturbed++;
    }
  } finally {
    disturber.kill('SIGKILL');
    closeNetns(netns);
  }
  assert.ok(disturbed > 0, 'nothing was disturbed');
  assert.equal(openFds().length, fds.length - 1);
});
