/** Which programs to load on this kernel: pure, from what is known and what already failed. */

import type { BtfFunc } from '../libbpf/btf.ts';
import type { Hook } from './hook.ts';

/** What the kernel's BTF names. */
export interface KernelTargets {
  readonly functions: ReadonlyMap<string, Pick<BtfFunc, 'returnsVoid'>>;
  readonly tracepoints: ReadonlySet<string>;
}

export interface HookPlan {
  readonly load: readonly Hook[];
  /** Why the others are not loaded, by program. */
  readonly reasons: ReadonlyMap<string, string>;
}

/** Prefix of the function that declares an iterator (DEFINE_BPF_ITER_FUNC). */
const ITERATOR = 'bpf_iter_';

/** Names to look up in the kernel's BTF for `hooks`. */
export function targetNames(hooks: readonly Hook[]): {
  readonly functions: ReadonlySet<string>;
  readonly tracepoints: ReadonlySet<string>;
} {
  const functions = new Set<string>();
  const tracepoints = new Set<string>();
  for (const { type, target } of hooks) {
    if (type === 'tp_btf') tracepoints.add(target);
    else functions.add(type === 'iter' ? ITERATOR + target : target);
  }
  return { functions, tracepoints };
}

/** A kprobe goes by symbol, which BTF does not list for specialised copies (`.isra.0`). */
function missingTarget(hook: Hook, kernel: KernelTargets): string | undefined {
  switch (hook.type) {
    case 'tp_btf':
      return kernel.tracepoints.has(hook.target) ? undefined : 'no such tracepoint in this kernel';
    case 'iter':
      return kernel.functions.has(ITERATOR + hook.target)
        ? undefined
        : 'no such iterator in this kernel';
    case 'fentry':
    case 'fexit': {
      const func = kernel.functions.get(hook.target);
      if (func === undefined) return 'no such function in this kernel';
      return hook.needsReturn && func.returnsVoid ? 'returns nothing in this kernel' : undefined;
    }
    default:
      return undefined;
  }
}

/**
 * Chooses the programs to load, in the order of the table. A stand-in is chosen only where
 * what it stands in for is not, so a failure (`failed`: program → reason) brings it in.
 */
export function planHooks(
  hooks: readonly Hook[],
  programs: ReadonlySet<string>,
  kernel: KernelTargets,
  failed: ReadonlyMap<string, string>,
): HookPlan {
  const load: Hook[] = [];
  const chosen = new Set<string>();
  const reasons = new Map<string, string>();
  for (const hook of hooks) {
    const reason =
      failed.get(hook.program) ??
      (programs.has(hook.program) ? undefined : 'not in this build') ??
      missingTarget(hook, kernel) ??
      (hook.insteadOf !== undefined && chosen.has(hook.insteadOf)
        ? `not needed: ${hook.insteadOf} is there`
        : undefined);
    if (reason === undefined) {
      load.push(hook);
      chosen.add(hook.program);
    } else {
      reasons.set(hook.program, reason);
      // Whoever stands in for a spare one is spare as well.
      if (hook.insteadOf !== undefined && chosen.has(hook.insteadOf)) chosen.add(hook.program);
    }
  }
  return { load, reasons };
}

/** Tries `load` on ever smaller prefixes; returns the index of the program that makes it fail. */
export function firstFailing(count: number, fails: (prefix: number) => boolean): number {
  let good = 0; // a prefix of this length loads
  let bad = count; // and one of this length does not
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    if (fails(middle)) bad = middle;
    else good = middle;
  }
  return bad - 1;
}
