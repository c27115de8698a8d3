/**
 * Inside a guest: the namespaces in which everything changes, and the job that changes it all
 * while processes connect.
 */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { MAIN } from '../../agent/paths.ts';

const CHURN = fileURLToPath(new URL('../../../test/vm/churn.py', import.meta.url));

export interface ChurnJob {
  readonly seconds: number;
  readonly seed: number;
  readonly changesPerSecond: number;
  readonly talkers: number;
  /** By each talker; 50 unless given. */
  readonly asksPerSecond?: number;
}

function sh(script: string): void {
  const { status, stderr } = spawnSync('sh', ['-ec', script], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${script}\n${stderr}`);
}

/** Namespaces `near` and `far`. */
export function topology(): void {
  const dummies = [0, 1, 2].map(
    (i) =>
      `ip -n near link add d${i} type dummy; ip -n near link set d${i} up;
       ip -n near addr add 2001:db8:a${i}::1/64 dev d${i} nodad;`,
  );
  sh(`ip netns add near; ip netns add far
    for n in near far; do ip -n $n link set lo up; done
    for i in 0 1; do
      ip -n near link add v$i type veth peer name p$i netns far
      ip -n far link set p$i up
      ip -n near link set v$i up
    done
    for i in 1 2 3; do ip -n far addr add fe80::$i/64 dev p0 nodad; done
    ip -n near link add vrf9 type vrf table 9; ip -n near link set vrf9 up
    ip netns exec near sh -c 'echo 64 > /proc/sys/net/ipv6/conf/v0/accept_ra_rt_info_max_plen'
    ${dummies.join('')}`);
}

/** Routers that do not agree with each other, nor with themselves. */
function routerFile(): string {
  const pio = (net: string, valid: number, preferred: number): object => ({
    pio: { prefix: `2001:db8:${net}::/64`, valid, preferred },
  });
  const rio = (block: number, lifetime: number): object => ({
    rio: { prefix: `2001:db8:${block}::/48`, lifetime },
  });
  const ra = (from: number, lifetime: number, preference: string, all: object[]): object => ({
    from: `fe80::${from}`,
    interval: 2,
    jitter: 0.5,
    initialInterval: 1,
    lifetime,
    preference,
    options: all,
  });
  const pvd = { pvd: { id: 'pvd.example.com' } };
  const ras = [
    ra(1, 600, 'medium', [pio('a0', 3600, 1800), rio(1, 600)]),
    ra(2, 600, 'high', [pvd, pio('b1', 3600, 1800), rio(2, 600)]),
    ra(3, 2, 'low', [pio('b2', 3, 1)]),
    ra(1, 0, 'medium', [pio('a0', 3600, 0), rio(1, 0)]),
    ra(2, 600, 'low', [pvd, pio('b1', 7200, 0), rio(2, 2)]),
  ];
  const file = '/tmp/router.yaml';
  writeFileSync(file, stringify({ interface: 'p0', ras }));
  return file;
}

/** A script of bash that ends when all of it has. */
export function job(churn: ChurnJob): string {
  const { seconds, seed, changesPerSecond, talkers, asksPerSecond = 50 } = churn;
  const all = [`python3 ${CHURN} change ${seconds} ${seed} ${changesPerSecond}`];
  for (let i = 0; i < talkers; i++) {
    all.push(`python3 ${CHURN} talk ${seconds} ${seed * 100 + i} ${asksPerSecond}`);
  }
  const near = all.map((one) => `ip netns exec near ${one} & workers="$workers $!"`).join('\n');
  return `${process.execPath} ${MAIN} router --netns far ${routerFile()} & router=$!
    ${near}
    wait $workers; kill -INT $router; wait`;
}
