/**
 * The kernel's answers to the queries of the model benchmark: a netns with the same routes,
 * asked by `bpf_fib_lookup()` in BPF_PROG_TEST_RUN and by RTM_GETROUTE. Needs root and clang.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Addr6, addr6Bytes } from '../src/net/addr6.ts';
import type { Route } from '../src/state/snapshot.ts';

const SOURCE = fileURLToPath(new URL('../../bench/', import.meta.url));
const BUILT = fileURLToPath(new URL('./native/', import.meta.url));
const DEVICES = [2, 3, 4, 5] as const;

/** Answers a second of CPU time, and the share of them that found a route. */
export interface KernelAnswers {
  readonly fib: number;
  readonly fibFound: number;
  /** With BPF_FIB_LOOKUP_SRC: route and source, as the model's flow. */
  readonly fibSrc: number;
  readonly fibSrcFound: number;
  readonly getroute: number;
  readonly getrouteFound: number;
}

/** Asks the kernel for `targets` over `routes` of `internetRoutes()`. @throws when it cannot. */
export function kernelAnswers(routes: readonly Route[], targets: readonly Addr6[]): KernelAnswers {
  build();
  const netns = `pvdbench-${process.pid}`;
  const file = `${BUILT}targets-${process.pid}`;
  writeFileSync(file, Buffer.concat(targets.map((addr) => addr6Bytes(addr))));
  ip(['netns', 'add', netns]);
  try {
    ip(['-n', netns, '-batch', '-'], [...deviceLines(), ...routes.map(routeLine)]);
    // bpf_fib_lookup() asks for it on the device it is given, also for output.
    const forward = 'echo 1 >/proc/sys/net/ipv6/conf/lo/forwarding';
    ip(['netns', 'exec', netns, 'sh', '-c', forward]);
    const command = [`${BUILT}fib`, `${BUILT}fib.bpf.o`, file];
    return JSON.parse(ip(['netns', 'exec', netns, ...command])) as KernelAnswers;
  } finally {
    ip(['netns', 'del', netns]);
    rmSync(file);
  }
}

function build(): void {
  mkdirSync(BUILT, { recursive: true });
  const bpf = '-g -O2 -target bpf -mcpu=v3 -Wall -Werror -I/usr/include/x86_64-linux-gnu -c';
  execFileSync('clang', [...bpf.split(' '), `${SOURCE}fib.bpf.c`, '-o', `${BUILT}fib.bpf.o`]);
  execFileSync('clang', ['-O2', '-Wall', `${SOURCE}fib.c`, '-o', `${BUILT}fib`, '-lbpf']);
}

function ip(args: readonly string[], lines: readonly string[] = []): string {
  const input = lines.map((line) => `${line}\n`).join('');
  return execFileSync('ip', args, { encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'pipe'] });
}

function deviceLines(): string[] {
  const lines = DEVICES.flatMap((i) => [
    `link add eth${i} index ${i} type veth peer name peer${i} index ${i + 100}`,
    `link set peer${i} up`,
    `link set eth${i} up`,
    `addr add 2001:db8:${i}::1/64 dev eth${i} nodad`,
  ]);
  return ['link set lo up', ...lines];
}

function routeLine({ dst, dstLen, gateway, oif, metric }: Route): string {
  return `route add ${dst}/${dstLen} via ${gateway} dev eth${oif} metric ${metric}`;
}
