/** Asks the running kernel through test/net/model-kernel.py. Needs root and iproute2. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { KernelAnswer } from './answer.ts';
import { type Ask, parseAsk } from './ask.ts';
import type { Traits } from './model-case.ts';

/** What the kernel said to the questions of one state, or why it could not be set up. */
export interface KernelCase {
  readonly id: string;
  readonly answers?: readonly KernelAnswer[];
  readonly skip?: string;
}

/** A state and questions to it. */
export interface KernelJob {
  readonly id: string;
  readonly lines: readonly string[];
  readonly asks: readonly Ask[];
  /** Seconds between set-up and questions. */
  readonly wait?: number;
}

/** Distinct destinations tried for an answer that has several, so that the hash varies. */
export const SPREAD = 24;

const RUNNER = fileURLToPath(new URL('../../../test/net/model-kernel.py', import.meta.url));

/** Every state in a namespace of its own, one after the other. */
export function askKernel(jobs: readonly KernelJob[]): Map<string, KernelCase> {
  const done = spawnSync('python3', [RUNNER], {
    input: JSON.stringify(jobs),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const out = new Map<string, KernelCase>();
  for (const line of done.stdout.split('\n')) {
    if (line !== '') out.set((JSON.parse(line) as KernelCase).id, JSON.parse(line) as KernelCase);
  }
  return out;
}

/** Asks the kernel what only its behaviour tells: the traits. */
export function calibrate(): Traits & { readonly vrf: boolean } {
  const group = [
    'dev A B',
    'nexthop add id 1 via fe80::1 dev A',
    'nexthop add id 2 via fe80::1 dev B',
    'nexthop add id 3 group 1/2',
    'route add ::/0 nhid 3',
  ];
  const home = [
    'dev A',
    'route add ::/0 via fe80::1 dev A',
    'addr add 2001:db8:1::1/64 dev A home',
    'addr add 2001:db8:1::2/64 dev A',
  ];
  const vrf = [
    'vrf red 100 A',
    'route add ::/0 via fe80::1 dev A table 100',
    'route add ::/0 via fe80::2 dev A table 101',
    'rule add pref 5 oif red lookup 101',
  ];
  const prefsrc = [
    'dev A B',
    'addr add 2001:db8:1::1/64 dev A',
    'addr add 2001:db8:2::1/64 dev B',
    'route add ::/0 via fe80::1 dev A src 2001:db8:2::1',
    'addr del 2001:db8:2::1/64 dev B',
  ];
  const dynamic = [
    'dev A',
    'addr add 2001:db8:1::1/64 dev A valid_lft 900 preferred_lft 800',
    'addr del 2001:db8:1::1/64 dev A',
  ];
  const many = Array.from({ length: SPREAD }, (_, i) =>
    parseAsk(`get 2001:db8:9::${(i + 1).toString(16)} oif A`),
  );
  const answers = askKernel([
    { id: 'group', lines: group, asks: many },
    { id: 'home', lines: home, asks: [parseAsk('udp 2001:db8:9::1')] },
    { id: 'vrf', lines: vrf, asks: [parseAsk('get 2001:db8:9::1 oif red')] },
    { id: 'prefsrc', lines: prefsrc, asks: [parseAsk('udp 2001:db8:9::1')] },
    { id: 'dynamic', lines: dynamic, asks: [parseAsk('dump 2001:db8:1::/64')] },
  ]);
  const shares = answers.get('group')?.answers;
  assert(shares !== undefined, `calibration failed: ${answers.get('group')?.skip}`);
  return {
    new: shares.every((a) => a.oif === 'A'),
    mip6: answers.get('home')?.answers?.[0]?.src === '2001:db8:1::1',
    rulel3: answers.get('vrf')?.answers?.[0]?.gateway === 'fe80::2',
    seed: existsSync('/proc/sys/net/ipv4/fib_multipath_hash_seed'),
    prefsrcany: answers.get('prefsrc')?.answers?.[0]?.src === '2001:db8:1::1',
    dyncleanup: answers.get('dynamic')?.answers?.[0]?.devs === 'none',
    vrf: answers.get('vrf')?.answers !== undefined,
  };
}
