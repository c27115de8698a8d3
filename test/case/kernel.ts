/** Asks the running kernel through test/net/model-kernel.py. Needs root and iproute2. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
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

/** Asks a kernel; each answer is told as it comes, and all are given at the end. */
export type Asker = (
  jobs: readonly KernelJob[],
  onCase?: (answered: KernelCase) => void,
) => Promise<ReadonlyMap<string, KernelCase>>;

/** Command of the runner, which reads jobs from stdin. */
export const RUNNER_COMMAND: readonly string[] = ['python3', RUNNER];

/** Most of a state's time is spent waiting. */
const AT_ONCE = 4;

/** Takes the runner's output in pieces. */
export function caseReader(onCase: (answered: KernelCase) => void = () => {}): {
  push(text: string): void;
  readonly cases: ReadonlyMap<string, KernelCase>;
} {
  const cases = new Map<string, KernelCase>();
  let rest = '';
  return {
    cases,
    push(text) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!line.startsWith('{')) continue;
        const answered = JSON.parse(line) as KernelCase;
        cases.set(answered.id, answered);
        onCase(answered);
      }
    },
  };
}

/** The running kernel: every state in a namespace of its own, a few at once. */
export const askHere: Asker = (jobs, onCase) => {
  const reader = caseReader(onCase);
  const [command = '', ...args] = RUNNER_COMMAND;
  const child = spawn(command, [...args, `${AT_ONCE}`], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdout.setEncoding('utf8').on('data', reader.push);
  child.stdin.end(JSON.stringify(jobs));
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', () => resolve(reader.cases));
  });
};

const GROUP = [
  'dev A B',
  'nexthop add id 1 via fe80::1 dev A',
  'nexthop add id 2 via fe80::1 dev B',
  'nexthop add id 3 group 1/2',
  'route add ::/0 nhid 3',
];
const HOME = [
  'dev A',
  'route add ::/0 via fe80::1 dev A',
  'addr add 2001:db8:1::1/64 dev A home',
  'addr add 2001:db8:1::2/64 dev A',
];
const VRF = [
  'vrf red 100 A',
  'route add ::/0 via fe80::1 dev A table 100',
  'route add ::/0 via fe80::2 dev A table 101',
  'rule add pref 5 oif red lookup 101',
];
const PREFSRC = [
  'dev A B',
  'addr add 2001:db8:1::1/64 dev A',
  'addr add 2001:db8:2::1/64 dev B',
  'route add ::/0 via fe80::1 dev A src 2001:db8:2::1',
  'addr del 2001:db8:2::1/64 dev B',
];
const DYNAMIC = [
  'dev A',
  'addr add 2001:db8:1::1/64 dev A valid_lft 900 preferred_lft 800',
  'addr del 2001:db8:1::1/64 dev A',
];
/** With this seed the first share has the hash; where the seed is not used, one of five does. */
const SEED = [
  'dev A B C D E',
  'sysctl net.ipv4.fib_multipath_hash_seed=7',
  `route add ::/0 ${['A', 'B', 'C', 'D', 'E'].map((d) => `nexthop via fe80::1 dev ${d}`).join(' ')}`,
];

/** Who answers {@link SEED}, destination by destination. */
const SEEDED = 'AEEEADEABDAAABBBBDDBEBEE';

/** Questions whose answers are the traits. */
export function calibrationJobs(): KernelJob[] {
  const many = (text: string): Ask[] =>
    Array.from({ length: SPREAD }, (_, i) =>
      parseAsk(text.replace('::1', `::${(i + 1).toString(16)}`)),
    );
  const job = (id: string, lines: readonly string[], asks: readonly Ask[]): KernelJob => ({
    id: `trait-${id}`,
    lines,
    asks,
  });
  return [
    job('group', GROUP, many('get 2001:db8:9::1 oif A')),
    job('home', HOME, [parseAsk('udp 2001:db8:9::1')]),
    job('vrf', VRF, [parseAsk('get 2001:db8:9::1 oif red')]),
    job('prefsrc', PREFSRC, [parseAsk('udp 2001:db8:9::1')]),
    job('dynamic', DYNAMIC, [parseAsk('dump 2001:db8:1::/64')]),
    job('seed', SEED, many('get 2001:db8:9::1')),
  ];
}

/** The traits the answers to {@link calibrationJobs} tell. */
export function traitsOf(cases: ReadonlyMap<string, KernelCase>): KernelTraits {
  const answers = (id: string): readonly KernelAnswer[] | undefined =>
    cases.get(`trait-${id}`)?.answers;
  const shares = answers('group');
  assert(shares !== undefined, `calibration failed: ${cases.get('trait-group')?.skip}`);
  return {
    new: shares.every((a) => a.oif === 'A'),
    mip6: answers('home')?.[0]?.src === '2001:db8:1::1',
    rulel3: answers('vrf')?.[0]?.gateway === 'fe80::2',
    seed: answers('seed')?.every((a, i) => a.oif === SEEDED[i]) ?? false,
    prefsrcany: answers('prefsrc')?.[0]?.src === '2001:db8:1::1',
    dyncleanup: answers('dynamic')?.[0]?.devs === 'none',
    vrf: answers('vrf') !== undefined,
  };
}

/** Traits, and whether the kernel has VRFs. */
export type KernelTraits = Traits & { readonly vrf: boolean };
