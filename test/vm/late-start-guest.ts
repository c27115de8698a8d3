/**
 * Inside a guest: two agents, one from before the first RA, one that comes when everything is
 * there, each recording all of it.
 * `late-start-guest.js DIR`: DIR is shared with the host and gets early.pcapng and late.pcapng.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { MAIN } from '../../agent/paths.ts';

const SCENARIO = fileURLToPath(new URL('../../../test/scenarios/main-job.yaml', import.meta.url));
const PATIENCE_MS = 500_000;
/** Routers are silent; they speak again; both agents have ended. */
const SILENT = '/tmp/silent';
const SPEAK = '/tmp/speak';
const DONE = '/tmp/done';

const dir = process.argv[2] ?? '/tmp';

/** What is changed by hand while only the first agent looks. */
const BY_HAND = `set -e
ip link add vrf9 type vrf table 9
ip link set vrf9 group 3 up
ip link add red type dummy
ip link set red master vrf9 up
ip link set red group 7
ip -6 addr add 2001:db8:9::1/64 dev red
ip -6 route add 2001:db8:99::/48 via 2001:db8:9::2 dev red table 9
ip -6 addr add 2001:db8:f::1/64 dev red valid_lft 4000 preferred_lft 3000
ip nexthop add id 7 via 2001:db8:a::1 dev eth0
ip nexthop add id 8 via 2001:db8:c::1 dev eth1
ip nexthop add id 9 group 7/8,2
ip -6 route add 2001:db8:77::/48 nhid 7
ip -6 route add 2001:db8:78::/48 nexthop via 2001:db8:a::1 dev eth0 nexthop via 2001:db8:c::1 dev eth1
ip -6 rule add pref 100 from 2001:db8:a::/64 lookup 100
ip -6 rule add pref 90 fwmark 0x1/0xff suppress_prefixlength 0 lookup 254
ip -6 route add default via 2001:db8:a::1 dev eth0 table 100
ip addrlabel add prefix 2001:db8:b::/64 label 42
sysctl -qw net.ipv6.fib_multipath_hash_policy=1 net.ipv6.conf.eth0.hop_limit=33`;

/** Sends a signal to all that runs in a namespace but the sender. The lab itself is the other routers. */
const signal = (name: string): string =>
  `for p in $(ip netns pids $(ip netns identify $$)); do [ $p = $$ ] || kill -${name} $p; done; true`;
const hold = (until: string): string => `while [ ! -e ${until} ]; do sleep 0.2; done`;
const shell = (name: string, run: string): object => ({
  in: name,
  run: ['sh', '-c', run],
  timeout: '5m',
});

/** The main job's topology and its actions, then what is changed by hand, then the late start. */
function writeScenario(): string {
  const scenario = parse(readFileSync(SCENARIO, 'utf8'));
  // Temporary addresses are where lifetimes are hardest: they age with another address.
  scenario.namespaces.host.interfaces.eth1.sysctls.use_tempaddr = 2;
  const isNeeded = ({ wait, run }: { wait?: object; run?: unknown }): boolean =>
    wait !== undefined || /curl|:a::1/.test(String(run));
  scenario.actions = [
    ...scenario.actions.filter(isNeeded),
    shell('host', BY_HAND),
    shell('implicit', signal('STOP')),
    shell('host', `touch ${SILENT}; ${hold(SPEAK)}`),
    shell('implicit', signal('CONT')),
    shell('host', hold(DONE)),
  ];
  const file = '/tmp/late-start.yaml';
  writeFileSync(file, stringify(scenario));
  return file;
}

interface Child {
  readonly process: ChildProcess;
  readonly said: () => string;
  readonly ended: Promise<number | null>;
}

function start(args: readonly string[]): Child {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  const ended = new Promise<number | null>((resolve) => {
    child.on('exit', (code) => resolve(code));
  });
  return { process: child, said: () => text, ended };
}

async function until(what: string, child: Child, holds: () => boolean): Promise<void> {
  const startMs = performance.now();
  while (!holds()) {
    if (child.process.exitCode !== null || performance.now() - startMs > PATIENCE_MS) {
      throw new Error(`${what}: not so\n${child.said()}`);
    }
    await sleep(100);
  }
}

async function startRecorder(name: string, ...more: string[]): Promise<Child> {
  const recorder = start(['record', '-o', `/tmp/${name}.pcapng`, ...more]);
  await until(name, recorder, () => recorder.said().includes('programs attached'));
  return recorder;
}

/** What a recorder with --format ndjson has told of the host. */
function follow({ process: { stdout } }: Child): {
  seeded: boolean;
  readonly routers: Set<string>;
} {
  const seen = { seeded: false, routers: new Set<string>() };
  if (stdout === null) throw new Error('no output to follow');
  createInterface({ input: stdout }).on('line', (line) => {
    if (!line.startsWith('{')) return;
    const { kind, netns, data } = JSON.parse(line);
    if (!netns?.name.endsWith('-host')) return;
    if (kind === 'snapshot') seen.seeded ||= data.seeded;
    else if (kind === 'ra') seen.routers.add(data.router);
  });
  return seen;
}

const early = await startRecorder('early', '--format', 'ndjson');
const watched = follow(early);
await sleep(1000);
// What the whole scenario expects does not hold for this part of it.
const lab = start(['lab', 'run', '--no-check', writeScenario()]);
await until('the scenario', lab, () => existsSync(SILENT));
// Born before its eyes, but some of it only a dump tells.
await until('the first dump of the host', early, () => watched.seeded);
lab.process.kill('SIGSTOP');
const late = await startRecorder('late', '--format', 'ndjson');
const heard = follow(late);
await until('the dump of the host', late, () => heard.seeded);
writeFileSync(SPEAK, '');
lab.process.kill('SIGCONT');
await until('an RA of each router', late, () => heard.routers.size === 3);
for (const { process } of [early, late]) process.kill('SIGINT');
const codes = [await early.ended, await late.ended];
writeFileSync(DONE, '');
const scenario = await lab.ended;
for (const name of ['early', 'late'])
  copyFileSync(`/tmp/${name}.pcapng`, join(dir, `${name}.pcapng`));
const said = { early: early.said(), late: late.said().slice(-4000), lab: lab.said() };
process.stdout.write(`${JSON.stringify({ codes, scenario, said })}\n`);
