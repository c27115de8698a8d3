/** Which hooks are attached, and what is not seen without the others. */

import type { HookStatus } from '../../src/decode/event.ts';
import type { Attached } from './attach.ts';
import type { Hook } from './hook.ts';

/** A hook nobody stands in for, and what is not seen without it. */
export interface Degradation {
  readonly program: string;
  readonly target: string;
  readonly reason: string;
  readonly degrades: string;
}

export function statusOf(hook: Hook, attached: Attached): HookStatus {
  const { program, target } = hook;
  if (attached.links.has(program)) return { program, target, attached: true };
  return { program, target, attached: false, reason: attached.reasons.get(program) ?? 'unknown' };
}

/** Hooks that are missing and have no attached stand-in, directly or through another. */
export function degradationsOf(hooks: readonly Hook[], attached: Attached): Degradation[] {
  const covered = new Set(attached.links.keys());
  for (const hook of hooks.toReversed()) {
    if (hook.insteadOf !== undefined && covered.has(hook.program)) covered.add(hook.insteadOf);
  }
  return hooks
    .filter((hook) => hook.insteadOf === undefined && !covered.has(hook.program))
    .map(({ program, target, degrades }) => {
      const reason = attached.reasons.get(program) ?? 'unknown';
      return { program, target, reason, degrades };
    });
}
