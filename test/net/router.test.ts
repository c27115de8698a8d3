/** `pvdscope router` in one namespace, a host with this kernel in another. */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../../agent/error.ts';
import { addNetns, type IpJson, ip, ipJson, SKIP, setSysctl, until } from './netns-bed.ts';

const MAIN = fileURLToPath(new URL('../../agent/main.js', import.meta.url));
const dir = mkdtempSync(path.join(tmpdir(), 'pvdscope-router-'));
after(() => rmSync(dir, { recursive: true }));
const running = new Set<ChildProcess>();
after(() => {
  for (const child of running) child.kill('SIGKILL');
});

interface Bed {
  readonly router: string;
  readonly host: string;
}

/** Two namespaces and a link between them; the host takes every RIO. */
async function bed(): Promise<Bed> {
  const router = addNetns();
  const host = addNetns();
  ip('link', 'add', 'eth0', 'netns', router, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host);
  setSysctl(router, 'net/ipv6/conf/all/forwarding', '1');
  setSysctl(host, 'net/ipv6/conf/eth0/accept_ra_rt_info_max_plen', '128');
  // A solicitation of the host's own would be answered when a test counts RAs.
  setSysctl(host, 'net/ipv6/conf/eth0/router_solicitations', '0');
  for (const netns of [router, host]) ip('-n', netns, 'link', 'set', 'eth0', 'up');
  return { router, host };
}

let files = 0;

function config(text: string): string {
  const file = path.join(dir, `${++files}.yaml`);
  writeFileSync(file, text);
  return file;
}

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<readonly [code: number | null]>;
  err(): string;
}

function start(netns: string, text: string, ...args: string[]): Run {
  const argv = [MAIN, 'router', config(text), '-i', 'eth0', '--netns', netns, '-v', ...args];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'inherit', 'pipe'] });
  running.add(child);
  let err = '';
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  const ended = once(child, 'exit').then(([code]) => {
    running.delete(child);
    return [code] as const;
  });
  return { child, ended, err: () => err };
}

async function send(netns: string, text: string): Promise<void> {
  const { ended, err } = start(netns, text, '--once');
  const [code] = await ended;
  assert.equal(code, EXIT.ok, err());
}

/** Prefixes of the host's global addresses, tentative ones included, in order. */
function addressPrefixes(host: string): string[] {
  return ipJson('-n', host, '-6', 'addr', 'show', 'dev', 'eth0', 'scope', 'global')
    .flatMap((link) => link.addr_info as IpJson[])
    .filter(({ local }) => local !== undefined)
    .map(({ local }) => `${local}`.split(':').slice(0, 3).join(':'))
    .sort();
}

/** `destination metric` of routes an RA makes. */
function raRoutes(host: string): string[] {
  return ipJson('-n', host, '-6', 'route', 'show', 'dev', 'eth0')
    .filter(({ dst }) => dst !== 'fe80::/64')
    .map(({ dst, metric, pref }) => `${dst} ${metric} ${pref}`)
    .sort();
}

const GOOD = `
lifetime: 1800
preference: high
options:
  - slla: auto
  - mtu: 1400
  - pio: {prefix: '2001:db8:1::/64', valid: 3600, preferred: 1800}
  - rio: {prefix: '2001:db8:100::/40', preference: low, lifetime: 600}
  - pvd:
      id: pvd.example.com
      http: true
      ra: {lifetime: 600, preference: low}
      options:
        - pio: {prefix: '2001:db8:2::/64'}
        - rio: {prefix: '2001:db8:200::/40', lifetime: 600}
`;
/** The RA that shows that what was sent before it was seen. */
const MARK = "  - {lifetime: 0, options: [{pio: {prefix: '2001:db8:ffff::/64'}}]}";
const MARK_ROUTE = '2001:db8:ffff::/64 256 medium';

test('the host configures what an RA says; what is inside the PvD option has no effect', {
  skip: SKIP,
}, async () => {
  const { router, host } = await bed();
  await send(router, GOOD);
  await until('address', () => addressPrefixes(host).length > 0);
  assert.deepEqual(addressPrefixes(host), ['2001:db8:1']);
  assert.deepEqual(raRoutes(host), [
    '2001:db8:100::/40 1024 low',
    '2001:db8:1::/64 256 medium',
    'default 1024 high',
  ]);
  const [{ via, metrics }] = ipJson('-n', host, '-6', 'route', 'show', 'default').map((route) => ({
    via: route.gateway as string,
    metrics: route.metrics as IpJson[],
  })) as [{ via: string; metrics: IpJson[] }];
  const [link] = ipJson('-n', router, '-6', 'addr', 'show', 'dev', 'eth0', 'scope', 'link');
  assert.equal(via, link.addr_info[0].local);
  assert.equal(metrics[0]?.mtu, 1400);
});

test('malformed RAs change nothing', { skip: SKIP }, async () => {
  const { router, host } = await bed();
  const pio = "options: [{pio: {prefix: '2001:db8:1::/64'}}]";
  const rows = [
    `{ipHopLimit: 254, ${pio}}`,
    `{from: '2001:db8::1', ${pio}}`,
    `{code: 1, ${pio}}`,
    `{checksum: 1, ${pio}}`,
    '{hex: 86 00 00 00 40 00 07 08}',
    "{options: [{pio: {prefix: '2001:db8:1::/64'}}, {hex: 03 00}]}",
    "{options: [{pio: {prefix: '2001:db8:1::/64'}}, {hex: 03 04 40 c0 00 00 00 00}]}",
    "{options: [{pio: {prefix: '2001:db8:1::/64'}}, {hex: '03'}]}",
  ];
  await send(router, `ras:\n${rows.map((row) => `  - ${row}\n`).join('')}${MARK}`);
  await until('mark', () => raRoutes(host).includes(MARK_ROUTE));
  assert.deepEqual(raRoutes(host), [MARK_ROUTE]);
  assert.deepEqual(addressPrefixes(host), ['2001:db8:ffff']);
});

/**
 * Where this kernel and the RFC part (the `linux` notes of src/decode/nd/rules.ts).
 * Octets after a RIO that is too short are the next option's: a PIO with lifetimes.
 */
const DIFFERENCES: readonly (readonly [
  code: string,
  options: string,
  routes: readonly string[],
])[] = [
  [
    'rio-length',
    "{hex: 18 01 40 00 00000708}, {pio: {prefix: '2001:db8:7::/64', autonomous: false}}",
    ['2001:db8:7::/64 256 medium', '304:4080:27:8d00::/64 1024 medium'],
  ],
  [
    'rio-length',
    '{hex: 18 02 60 00 00000708 20010db8 00990000}, {mtu: 1300}',
    ['2001:db8:99:0:501::/96 1024 medium'],
  ],
  [
    'pio-length',
    '{hex: 03 05 40 80 00000e10 00000708 00000000 20010db8000500000000000000000000 0000000000000000}',
    ['2001:db8:5::/64 256 medium'],
  ],
  ['pio-preferred', "{pio: {prefix: '2001:db8:6::/64', valid: 600, preferred: 601}}", []],
  [
    'lladdr-length',
    "{slla: '0200000000010000000000000000'}, {pio: {prefix: '2001:db8:8::/64'}}",
    [],
  ],
  [
    'pvd-option-length-zero',
    "{pvd: {id: a, options: [{hex: 03 00 00 00 00 00 00 00}]}}, {pio: {prefix: '2001:db8:9::/64'}}",
    ['2001:db8:9::/64 256 medium'],
  ],
  ['rio-preference', "{rio: {prefix: '2001:db8:a::/48', preference: reserved}}", []],
];

for (const [code, options, routes] of DIFFERENCES) {
  test(`this kernel and ${code}: ${options}`, { skip: SKIP }, async () => {
    const { router, host } = await bed();
    await send(router, `ras:\n  - {lifetime: 0, options: [${options}]}\n${MARK}`);
    await until('mark', () => raRoutes(host).includes(MARK_ROUTE));
    assert.deepEqual(
      raRoutes(host).filter((route) => route !== MARK_ROUTE),
      routes,
    );
  });
}

test('solicitations are answered; the end says farewell', { skip: SKIP }, async () => {
  const { router, host } = await bed();
  const run = start(router, 'interval: 3600\njitter: 0\ninitialInterval: 3600\nminDelay: 0');
  await until('default route', () => raRoutes(host).includes('default 1024 medium'));
  ip('-n', host, 'link', 'set', 'eth0', 'down');
  setSysctl(host, 'net/ipv6/conf/eth0/router_solicitations', '3');
  ip('-n', host, 'link', 'set', 'eth0', 'up');
  await until('answer', () => raRoutes(host).includes('default 1024 medium'));
  run.child.kill('SIGINT');
  assert.deepEqual(await run.ended, [EXIT.ok]);
  assert.match(run.err(), /, final\n$/);
  await until('farewell', () => raRoutes(host).length === 0);
});

test('RAs come in time, also after the interface was down', { skip: SKIP }, async () => {
  const { router, host } = await bed();
  const run = start(router, 'interval: 0.1\njitter: 0\nfinal: false');
  await until('default route', () => raRoutes(host).length === 1);
  ip('-n', router, 'link', 'set', 'eth0', 'down');
  await until('complaint', () => /send a Router Advertisement: /.test(run.err()));
  ip('-n', router, 'link', 'set', 'eth0', 'up');
  const sent = () => run.err().match(/sent RA/g)?.length ?? 0;
  const before = sent();
  await until('more RAs', () => sent() > before + 3, 20_000);
  run.child.kill('SIGTERM');
  assert.deepEqual(await run.ended, [EXIT.ok]);
  assert.doesNotMatch(run.err(), /final/);
});

test('what is missing is said', { skip: SKIP }, async () => {
  const none = start('no-such-namespace', '');
  assert.deepEqual(await none.ended, [EXIT.environment]);
  assert.match(none.err(), /there is no network namespace no-such-namespace \[PVD_ERR_NETNS\]/);
  const netns = addNetns();
  const absent = start(netns, '');
  assert.deepEqual(await absent.ended, [EXIT.environment]);
  assert.match(absent.err(), /there is no interface eth0 .*\[PVD_ERR_NO_INTERFACE\]/);
});
