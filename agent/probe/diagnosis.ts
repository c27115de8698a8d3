/** What this kernel offers to the probe, gathered without giving up at the first trouble. */

import { release } from 'node:os';
import type { HookStatus } from '../../src/decode/event.ts';
import type { Quirks } from '../../src/model/profile.ts';
import { calibrate } from '../calibrate/calibrate.ts';
import { AgentError } from '../error.ts';
import { libbpf } from '../libbpf/abi.ts';
import { kernelBtf } from '../libbpf/btf.ts';
import { missingCapabilities } from '../libbpf/capability.ts';
import { jiffiesHz } from '../libbpf/libc.ts';
import type { Degradation } from './degradation.ts';
import { canTrace, LOAD_CAPABILITIES } from './environment.ts';
import type { ProbeTimes } from './probe.ts';
import { runSelfTest, type SelfTest } from './self-test.ts';

/** Something that is there, or the reason why not. */
export type Finding<T> = { readonly ok: true; readonly value: T } | Failure;

interface Failure {
  readonly ok: false;
  readonly reason: string;
  readonly hint?: string;
}

export interface Diagnosis {
  /** The self-test passed: everything pvdscope needs is here. */
  readonly ok: boolean;
  readonly kernel: string;
  readonly libbpf: Finding<string>;
  readonly hz: Finding<number>;
  /** Bytes of the kernel's BTF. */
  readonly btfBytes: Finding<number>;
  readonly capabilities: Finding<readonly string[]>;
  readonly tracing: Finding<true>;
  /** How this kernel behaves where kernels differ; what could not be found out is absent. */
  readonly quirks: Partial<Quirks>;
  readonly probe: Finding<{
    readonly hooks: readonly HookStatus[];
    readonly degraded: readonly Degradation[];
    readonly times: ProbeTimes;
    /** The model's profile for this kernel. */
    readonly profile: string;
    readonly selfTest: SelfTest;
  }>;
  /** What went wrong while records were read. */
  readonly troubles: readonly string[];
}

function finding<T>(look: () => T): Finding<T> {
  try {
    return { ok: true, value: look() };
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): Failure {
  const reason = error instanceof Error ? error.message : String(error);
  const hint = error instanceof AgentError ? error.hint : undefined;
  return { ok: false, reason, ...(hint === undefined ? {} : { hint }) };
}

/**
 * `onRefused` gets what libbpf and the verifier said of each program that was left out.
 * Takes up to 12 s where the self-test fails, some 2 s where all is well.
 */
export async function diagnose(
  onRefused?: (program: string, log: string) => void,
): Promise<Diagnosis> {
  const troubles: string[] = [];
  const attempt = canTrace();
  const probe = await probeFinding((error) => troubles.push(error.message), onRefused);
  return {
    ok: probe.ok && probe.value.selfTest.ok,
    kernel: release(),
    libbpf: finding(() => `${libbpf().versionString()} (${libbpf().path})`),
    hz: finding(jiffiesHz),
    btfBytes: finding(() => kernelBtf().bytes.length),
    capabilities: finding(() =>
      missingCapabilities(LOAD_CAPABILITIES).map((name) => `CAP_${name}`),
    ),
    tracing: attempt.ok ? { ok: true, value: true } : { ok: false, reason: attempt.reason },
    quirks: await calibrate(),
    probe,
    troubles: troubles.slice(0, 10),
  };
}

async function probeFinding(
  onTrouble: (error: Error) => void,
  onRefused?: (program: string, log: string) => void,
): Promise<Diagnosis['probe']> {
  try {
    const { probe, result } = await runSelfTest(onTrouble, onRefused);
    const { hooks, degraded, times, profile } = probe;
    probe.close();
    return { ok: true, value: { hooks, degraded, times, profile, selfTest: result } };
  } catch (error) {
    return failure(error);
  }
}
