/** Which programs are loaded where: a table of kernels. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Hook } from '../../../agent/probe/hook.ts';
import { firstFailing, type KernelTargets, planHooks } from '../../../agent/probe/plan.ts';

const hook = (program: string, more: Partial<Hook> = {}): Hook => ({
  program,
  type: 'fexit',
  target: program,
  degrades: 'x',
  ...more,
});

/** `name` returns something, `name()` nothing. */
function kernel(functions: readonly string[], tracepoints: readonly string[] = []): KernelTargets {
  return {
    functions: new Map(
      functions.map((name) => [name.replace('()', ''), { returnsVoid: name.endsWith('()') }]),
    ),
    tracepoints: new Set(tracepoints),
  };
}

const TABLE: readonly {
  readonly name: string;
  readonly hooks: readonly Hook[];
  readonly kernel: KernelTargets;
  readonly failed?: Readonly<Record<string, string>>;
  readonly programs?: readonly string[];
  readonly load: readonly string[];
  readonly reasons: Readonly<Record<string, string>>;
}[] = [
  {
    name: 'everything is there',
    hooks: [
      hook('a', { type: 'fentry' }),
      hook('t', { type: 'tp_btf' }),
      hook('i', { type: 'iter', target: 'ipv6_route' }),
      hook('k', { type: 'kprobe', target: 'not.in.btf.0' }),
    ],
    kernel: kernel(['a', 'bpf_iter_ipv6_route'], ['t']),
    load: ['a', 't', 'i', 'k'],
    reasons: {},
  },
  {
    name: 'a function named like a tracepoint is none',
    hooks: [hook('t', { type: 'tp_btf' }), hook('i', { type: 'iter', target: 'ipv6_route' })],
    kernel: kernel(['t', 'ipv6_route']),
    load: [],
    reasons: { t: 'no such tracepoint in this kernel', i: 'no such iterator in this kernel' },
  },
  {
    name: 'a stand-in is spare where the first is there',
    hooks: [hook('new'), hook('old', { insteadOf: 'new' }), hook('older', { insteadOf: 'old' })],
    kernel: kernel(['new', 'old', 'older']),
    load: ['new'],
    reasons: { old: 'not needed: new is there', older: 'not needed: old is there' },
  },
  {
    name: 'a stand-in comes in where the first has no target',
    hooks: [hook('new'), hook('old', { insteadOf: 'new' }), hook('older', { insteadOf: 'old' })],
    kernel: kernel(['old', 'older']),
    load: ['old'],
    reasons: { new: 'no such function in this kernel', older: 'not needed: old is there' },
  },
  {
    name: 'a stand-in comes in where the first was refused',
    hooks: [hook('new'), hook('old', { insteadOf: 'new' })],
    kernel: kernel(['new', 'old']),
    failed: { new: 'refused: EACCES' },
    load: ['old'],
    reasons: { new: 'refused: EACCES' },
  },
  {
    name: 'a program that needs a return value is not tried on a void function',
    hooks: [
      hook('exit', { target: 'f', needsReturn: true }),
      hook('v', { target: 'f', insteadOf: 'exit' }),
    ],
    kernel: kernel(['f()']),
    load: ['v'],
    reasons: { exit: 'returns nothing in this kernel' },
  },
  {
    name: 'a program the object does not have',
    hooks: [hook('a'), hook('b')],
    kernel: kernel(['a', 'b']),
    programs: ['b'],
    load: ['b'],
    reasons: { a: 'not in this build' },
  },
];

describe('planHooks', () => {
  for (const row of TABLE) {
    it(row.name, () => {
      const programs = new Set(row.programs ?? row.hooks.map(({ program }) => program));
      const failed = new Map(Object.entries(row.failed ?? {}));
      const plan = planHooks(row.hooks, programs, row.kernel, failed);
      assert.deepEqual(
        plan.load.map(({ program }) => program),
        row.load,
      );
      assert.deepEqual(Object.fromEntries(plan.reasons), row.reasons);
    });
  }
});

describe('firstFailing', () => {
  it('finds the one bad program with few attempts', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(), (count, pick) => {
        const bad = pick % count;
        let attempts = 0;
        const found = firstFailing(count, (prefix) => {
          attempts++;
          return prefix > bad;
        });
        assert.equal(found, bad);
        assert.ok(attempts <= Math.ceil(Math.log2(count)) + 1);
      }),
    );
  });
});
