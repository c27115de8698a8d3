/** Quirks at run time: what is not known of a kernel is left open, and both ways are tried. */

import type { Context } from './context.ts';
import { choose } from './oracle.ts';
import type { Quirks } from './profile.ts';

/**
 * How the kernel behaves where `profile.quirks` does not tell: one way or the other, but the
 * same way throughout a decision.
 */
export function openQuirk(ctx: Context, name: keyof Quirks): boolean {
  const known = ctx.chosenQuirks.get(name);
  if (known !== undefined) return known;
  const chosen = choose(ctx.oracle, 2) === 0;
  ctx.chosenQuirks.set(name, chosen);
  return chosen;
}
