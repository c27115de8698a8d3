/** A baseline: differences that `diff` accepts, each with a reason and its last day. */

import * as z from 'zod';
import type { Accepted } from '../../src/expect/baseline.ts';
import { CAUSES } from '../../src/expect/diff.ts';
import { parseAddr6 } from '../../src/net/addr6.ts';
import { faultsError, faultsOf } from '../yaml/faults.ts';
import { readYaml } from '../yaml/source.ts';

const ERROR = { code: 'PVD_ERR_BASELINE', op: 'check the baseline' } as const;

const accepted = z.strictObject({
  netns: z.string().optional(),
  comm: z.string().optional(),
  daddr: z
    .string()
    .transform((text, context): string => {
      const addr = parseAddr6(text);
      if (addr !== undefined) return addr;
      context.addIssue({ code: 'custom', message: 'an IPv6 address such as 2001:db8::1' });
      return z.NEVER;
    })
    .optional(),
  dport: z.int().min(0).max(65535).optional(),
  cause: z.enum(CAUSES).optional(),
  reason: z.string().min(1),
  expires: z.string().regex(/^\d{4}-\d\d-\d\d$/, 'a day such as 2027-01-31'),
});

export const baselineSchema: z.ZodType<{ readonly accept: readonly Accepted[] }, unknown> =
  z.strictObject({ accept: z.array(accepted) });

/** @throws AgentError `PVD_ERR_YAML_READ`, `PVD_ERR_YAML`, `PVD_ERR_BASELINE` */
export function loadBaseline(file: string): readonly Accepted[] {
  const source = readYaml(file);
  const parsed = baselineSchema.safeParse(source.value);
  if (!parsed.success) throw faultsError(ERROR, faultsOf(parsed.error, baselineSchema, source));
  return parsed.data.accept.map((entry, i) => ({ ...entry, place: source.at(['accept', i]) }));
}
