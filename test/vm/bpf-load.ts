/**
 * Runs inside a guest: attaches every program, makes each thing happen in namespaces, and
 * compares what the records say with what the kernel says. TAP on stdout.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { netnsCookieOf } from '../../agent/libbpf/libc.ts';
import type { ProbeFilters } from '../../agent/probe/filter.ts';
import { openProbe, type Probe } from '../../agent/probe/probe.ts';
import type { Fib6Entry, KernelEvent } from '../../src/decode/event.ts';
import { decodeRecord } from '../../src/decode/record.ts';
import { CHECKS, type Seen } from './bpf-load-checks.ts';

const RADVD = `interface r0 {
  AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvDefaultPreference high;
  prefix 2001:db8:1::/64 { AdvValidLifetime 3000; AdvPreferredLifetime 2000; };
  route 2001:db8:ff::/48 { AdvRoutePreference low; };
};
`;

/** RAs no router would send. Arguments: hop limit, bytes of an option's value. */
const RAW_RA = `
import socket, struct, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58)
s.setsockopt(41, 18, int(sys.argv[1]))
s.setsockopt(41, 17, socket.if_nametoindex('r0'))
s.sendto(bytes([134, 0, 0, 0, 64, 0, 0, 30] + [0] * 8) + b'\\xfd\\x01' + bytes(int(sys.argv[2])),
         ('ff02::1', 0, 0, socket.if_nametoindex('r0')))
`;

function run(command: string): string {
  const { status, stdout, stderr } = spawnSync('/bin/bash', ['-c', command], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command}: ${status}\n${stderr}${stdout}`);
  return stdout;
}

/** Lets the ring be read between two steps. */
async function step(...commands: readonly string[]): Promise<void> {
  for (const command of commands) {
    run(command);
    await sleep(30);
  }
}

async function waitFor(what: string, test: () => boolean, timeoutMs = 30_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!test()) {
    if (performance.now() > end) throw new Error(`no ${what} within ${timeoutMs} ms`);
    await sleep(20);
  }
}

async function build(): Promise<void> {
  writeFileSync('/run/radvd.conf', RADVD);
  writeFileSync('/run/raw-ra.py', RAW_RA);
  await step(
    'ip netns add r; ip netns add h',
    'ip link add r0 netns r type veth peer name h0 netns h',
    'ip -n r link set r0 mtu 9000; ip -n h link set h0 mtu 9000',
    'ip -n h link add h1 type dummy',
    'ip netns exec r sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv6.conf.r0.accept_dad=0',
    'ip netns exec h sysctl -qw net.ipv6.conf.h0.accept_ra=1',
    'ip netns exec h sysctl -qw net.ipv6.conf.h0.accept_ra_rt_info_max_plen=64',
    'ip -n r link set lo up; ip -n r link set r0 up',
    'ip -n r addr add 2001:db8:1::1/64 dev r0 nodad',
    'ip -n h link set lo up; ip -n h link set h0 up; ip -n h link set h1 up',
  );
}

async function change(): Promise<void> {
  const sendto = (port: number) =>
    `ip netns exec h bash -c 'echo x >/dev/udp/2001:db8:1::1/${port}'`;
  await step(
    'ip netns exec h ping -6 -c 2 -i 0.2 2001:db8:1::1',
    sendto(4321),
    'ip -n h route get 2001:db8:5::1 from 2001:db8:99::1 oif h0 mark 7',
    'ip -n h addr add 2001:db8:7::1/64 dev h1 nodad',
    'ip -n h addr change 2001:db8:7::1/64 dev h1 valid_lft 1000 preferred_lft 500',
    'ip -n h addr add 2001:db8:a::1/64 dev h1; sleep 2.5',
    'ip -n h route add 2001:db8:5::/48 via fe80::1 dev h1 metric 77 src 2001:db8:7::1',
    'ip -n h route add 2001:db8:6::/48 dev h1 expires 100',
    '! ip -n h route add 2001:db8:6::/48 dev h1 expires 500',
    'ip -n h route add 2001:db8:b::/48 dev h1 metric 9',
    'ip -n h route replace 2001:db8:b::/48 dev h0 metric 9',
    'ip -n h route add 2001:db8:c::/48 nexthop via fe80::1 dev h0 weight 2 nexthop via fe80::2 dev h1',
    'ip -n h route add 2001:db8:d::/48 dev h1; ip -n h route del 2001:db8:d::/48',
    'ip -n h addr del 2001:db8:7::1/64 dev h1',
    'ip -n h -6 rule add pref 100 to 2001:db8:9::/48 lookup 100',
    'ip -n h -6 rule add pref 200 iif nosuch uidrange 5-9 sport 10-20 lookup 101',
    'ip -n h route add 2001:db8:9::/48 dev h1 table 100',
    'ip -n h route get 2001:db8:9::1',
    'ip -n h -6 rule del pref 200',
    'ip -n h route add unreachable 2001:db8:66::/48; ! ip -n h route get 2001:db8:66::1',
    `! ${sendto(4322).replace('db8:1::1', 'db8:66::1')}`,
    '! ip -n h addr add ::1/128 dev h1',
    'ip -n r link add narrow mtu 1280 type dummy; ip -n r link set narrow up',
    'ip -n r addr add 2001:db8:77::1/64 dev narrow nodad',
    '! ip netns exec h ping -6 -s 1400 -c 2 -W 1 -i 0.3 2001:db8:77::5',
    'ip -n h route get 2001:db8:77::5',
    'ip -n h addrlabel add prefix 2001:db8:8::/48 dev h1 label 55',
    'ip -n h addrlabel del prefix 2001:db8:8::/48 dev h1 label 55',
    'ip -n h nexthop add id 7 via fe80::1 dev h0; ip -n h nexthop add id 9 via fe80::9 dev h1',
    'ip -n h nexthop add id 8 group 7,3/9',
    'ip -n h route add 2001:db8:e::/48 nhid 8',
    '! ip -n h nexthop add id 7 via fe80::1 dev h0',
    'ip -n h -6 nexthop add id 11 blackhole; ip -n h nexthop del id 11',
    'ip netns exec h sysctl -qw net.ipv6.conf.h1.hop_limit=33',
    'ip netns exec h sysctl -qw net.ipv6.conf.default.accept_ra_min_lft=7',
    'ip netns exec h sysctl -qw net.ipv6.conf.all.forwarding=1',
    'ip netns exec h sysctl -qw net.ipv6.conf.all.forwarding=0',
    'ip netns exec h sysctl -qw net.ipv6.fib_multipath_hash_policy=1',
    'ip -n h link add v type vrf table 10; ip -n h link set v up',
    'ip -n h link add h2 type dummy; ip -n h link set h2 master v; ip -n h link set h2 up',
    'ip -n r link set r0 down; sleep 0.3; ip -n r link set r0 up; sleep 0.3',
    'ip -n r addr add 2001:db8:1::1/64 dev r0 nodad',
    'ip netns exec h sysctl -qw net.ipv6.conf.h1.keep_addr_on_down=1',
    'ip -n h link set h1 down',
    'ip netns exec r python3 /run/raw-ra.py 64 0',
    'ip netns exec r python3 /run/raw-ra.py 255 6',
    'ip netns exec r python3 /run/raw-ra.py 255 4191',
  );
}

/** The routes that the records of `cookie` leave, by identity. */
function replicaRoutes(events: readonly KernelEvent[], cookie: bigint): Map<bigint, Fib6Entry> {
  const routes = new Map<bigint, Fib6Entry>();
  for (const event of events) {
    if (event.kind !== 'route' || event.netnsCookie !== cookie) continue;
    if (event.op === 'del') routes.delete(event.entry.id);
    else if (event.op === 'new') routes.set(event.entry.id, event.entry);
    else if (event.op === 'change' && routes.has(event.entry.id)) {
      routes.set(event.entry.id, event.entry);
    }
  }
  return routes;
}

function iterate(probe: Probe, netnsFd: number): KernelEvent[] {
  const bytes = probe.dumpRoutes(netnsFd);
  const events: KernelEvent[] = [];
  for (let at = 0; at < bytes.length; ) {
    const len = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + 24, true);
    events.push(decodeRecord(bytes, at, len));
    at += len;
  }
  return events;
}

/** What a probe tells that is asked for one process, then for one cgroup. */
async function filtered(): Promise<Seen['filtered']> {
  const ping = '-6 -c 1 2001:db8:1::1';
  const group = '/sys/fs/cgroup/pvd';
  mkdirSync(group);
  const cgroupId = statSync(group, { bigint: true }).ino;
  const child = spawn('bash', ['-c', `read; exec ip netns exec h ping ${ping}`]);
  const tgid = child.pid ?? 0;
  const watch = async (filters: ProbeFilters, act: () => Promise<void>): Promise<KernelEvent[]> => {
    const events: KernelEvent[] = [];
    const probe = await openProbe({
      ringBytes: 1 << 20,
      filters,
      keepCapabilities: true,
      onRecord: (bytes, offset, len) =>
        events.push(decodeRecord(bytes.slice(offset, offset + len))),
      onError: (error) => console.error(error),
    });
    try {
      await act();
    } finally {
      probe.stop();
      probe.close();
    }
    return events;
  };
  const byTgid = await watch({ tgids: [tgid] }, async () => {
    child.stdin.end('\n');
    await new Promise((resolve) => child.once('exit', resolve));
    await step(`ip netns exec h ping ${ping}`, 'ip -n h route add 2001:db8:f0::/48 dev h0');
  });
  const byCgroup = await watch({ cgroups: [cgroupId] }, () =>
    step(
      `echo $$ >${group}/cgroup.procs; ip netns exec h ping ${ping}`,
      `ip netns exec h ping ${ping}`,
    ),
  );
  return { tgid, cgroupId, byTgid, byCgroup };
}

function report(seen: Seen): number {
  let failed = 0;
  console.log('TAP version 13');
  console.log(`1..${CHECKS.length}`);
  CHECKS.forEach(([name, check], i) => {
    let why: string | undefined;
    try {
      why = check(seen);
    } catch (error) {
      why = (error as Error).message;
    }
    console.log(`${why === undefined ? 'ok' : 'not ok'} ${i + 1} ${name}`);
    if (why === undefined) return;
    failed++;
    for (const line of why.split('\n')) console.log(`# ${line}`);
  });
  return failed;
}

async function main(): Promise<number> {
  const events: KernelEvent[] = [];
  const refused: string[] = [];
  const probe = await openProbe({
    ringBytes: 16 << 20,
    keepCapabilities: true,
    onRecord: (bytes, offset, len) => events.push(decodeRecord(bytes.slice(offset, offset + len))),
    onError: (error) => console.error(error),
    onRefused: (program, log) => refused.push(`${program}: ${log.slice(-1500)}`),
  });
  probe.start();
  let radvd: ChildProcess | undefined;
  try {
    await build();
    const options = ['netns', 'exec', 'r', 'radvd', '-n', '-C', '/run/radvd.conf'];
    radvd = spawn('ip', [...options, '-p', '/run/radvd.pid'], { stdio: 'ignore' });
    const done = () => events.filter((e) => e.kind === 'ra-done' && e.processed).length;
    await waitFor('accepted RA', () => done() >= 2);
    await waitFor('address', () => run('ip -n h -6 addr').includes('2001:db8:1:'));
    await sleep(2500); // DAD
    await change();
    const more = done();
    await waitFor('another RA', () => done() > more);
    await sleep(300);
    const fd = openSync('/run/netns/h', 'r');
    const cookie = netnsCookieOf(fd);
    await sleep(100);
    const seen: Omit<Seen, 'filtered'> = {
      events,
      h: events.filter((event) => event.netnsCookie === cookie),
      replica: replicaRoutes(events, cookie),
      iterated: iterate(probe, fd),
      ipRoutes: JSON.parse(run('ip -n h -6 -j route show table all')),
      ipAddrs: JSON.parse(run('ip -n h -6 -j addr')),
      hooks: probe.hooks,
      hits: probe.hookHits(),
      loss: probe.lossByKind(),
      unpaired: probe.unpaired(),
      refused,
      cookie,
    };
    closeSync(fd);
    const parts = await filtered();
    process.kill(Number(readFileSync('/run/radvd.pid', 'utf8')));
    await step('ip netns del h');
    await waitFor('end of the namespace', () =>
      events.some((e) => e.kind === 'netns' && e.op === 'del' && e.netnsCookie === cookie),
    );
    return report({
      ...seen,
      filtered: parts,
      h: events.filter((event) => event.netnsCookie === cookie),
    });
  } finally {
    radvd?.kill();
    probe.close();
  }
}

process.exitCode = (await main()) === 0 ? 0 : 1;
