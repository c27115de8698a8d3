/** The expectation language as a zod schema; docs/expectations.md explains it by examples. */

import * as z from 'zod';
import type { Expectation } from '../../src/expect/expectation.ts';
import { parseKernelRange } from '../../src/expect/kernel-range.ts';
import { parseAddr6 } from '../../src/net/addr6.ts';
import { DEFAULT6, type Prefix6, parsePrefix6 } from '../../src/net/prefix6.ts';
import { explicitPvdId } from '../../src/net/pvd-id.ts';
import { INVARIANTS } from '../../src/verify/invariants.ts';
import { suggest } from '../yaml/faults.ts';
import { expectationName } from './expectation-name.ts';

/** A value or a list of alternatives. */
function some<T extends z.ZodType>(one: T) {
  return z
    .union([one, z.array(one).min(1)])
    .transform((value): readonly z.output<T>[] =>
      Array.isArray(value) ? value : [value as z.output<T>],
    );
}

const refuse = (context: z.core.$RefinementCtx, message: string): never => {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
};

/** An address stands for its /128; `default` for ::/0. */
const prefix = z.string().transform((text, context): Prefix6 => {
  if (text === 'default') return DEFAULT6;
  const addr = parseAddr6(text);
  const parsed = parsePrefix6(addr === undefined ? text : `${addr}/128`);
  return parsed ?? refuse(context, 'a prefix such as 2001:db8::/64, an address, or default');
});

const prefixOrNone = z.union([z.literal('none'), prefix]);

const addrOrNone = z.string().transform((text, context): string => {
  if (text === 'none') return text;
  return parseAddr6(text) ?? refuse(context, 'an address such as fe80::1, or none');
});

const addr = z.string().transform((text, context): string => {
  return parseAddr6(text) ?? refuse(context, 'an address such as 2001:db8::53');
});

const line = z.string().regex(/^[^\n]+$/, 'text on one line');
const pvd = some(line.transform((id) => (id.startsWith('implicit') ? id : explicitPvdId(id))));
const port = z.int().min(0).max(65535);
const dev = z.string().min(1).max(15);

const code = z.string().transform((text, context): string => {
  const known = INVARIANTS.map((invariant) => invariant.code);
  if (known.includes(text)) return text;
  return refuse(context, `there is no finding "${text}"${suggest(text, known)}`);
});

const errorWord = z.string().regex(/^(none|E[A-Z]{2,})$/, 'an error such as ENETUNREACH, or none');

const expectPvd = z.strictObject({
  id: pvd.optional(),
  interfaces: z.array(dev).optional(),
  routers: z.int().min(0).optional(),
  prefixes: z.array(prefix).optional(),
  routes: z.array(prefix).optional(),
  rdnss: z.array(addr).optional(),
  dnssl: z.array(line).optional(),
  nested: z.boolean().optional(),
  sequence: z.int().min(0).max(65535).optional(),
  http: z.boolean().optional(),
});

const expectAddress = z.strictObject({
  prefix,
  dev: dev.optional(),
  pvd: pvd.optional(),
  reason: line.optional(),
  deprecated: z.boolean().optional(),
  temporary: z.boolean().optional(),
});

const expectRoute = z.strictObject({
  dst: prefix,
  dev: dev.optional(),
  via: addrOrNone.optional(),
  from: prefix.optional(),
  table: z.int().min(1).optional(),
  metric: z.int().min(0).optional(),
  pvd: pvd.optional(),
  reason: line.optional(),
});

const selector = z.strictObject({
  daddr: prefix.optional(),
  comm: z.string().max(15).optional(),
  what: z.enum(['flow', 'lookup', 'saddr']).optional(),
  saddr: prefix.optional(),
  oif: dev.optional(),
  proto: z.enum(['tcp', 'udp', 'icmp6', 'none']).optional(),
  sport: port.optional(),
  dport: port.optional(),
  mark: z.int().min(0).max(0xffffffff).optional(),
  uid: z.int().min(0).optional(),
});

const answer = z.strictObject({
  route: some(prefixOrNone).optional(),
  dev: some(dev).optional(),
  via: some(addrOrNone).optional(),
  table: some(z.int().min(0)).optional(),
  source: some(prefixOrNone).optional(),
  pvd: pvd.optional(),
  sourcePvd: pvd.optional(),
  error: some(errorWord).optional(),
  verdict: some(z.enum(['agree', 'diverge'])).optional(),
  finding: some(z.union([z.literal('none'), code])).optional(),
});

const KINDS = ['pvd', 'address', 'route', 'decision', 'finding'] as const;
const ROW_KINDS: readonly string[] = KINDS.slice(0, 3);

const expectation = z
  .strictObject({
    name: line.optional(),
    in: line.optional(),
    pvd: expectPvd.optional(),
    address: expectAddress.optional(),
    route: expectRoute.optional(),
    when: z.enum(['ever', 'end', 'gone', 'never']).optional(),
    decision: selector.optional(),
    gives: answer.optional(),
    which: z.enum(['every', 'some', 'no']).optional(),
    count: z.int().min(1).optional(),
    finding: code.optional(),
    never: z.boolean().optional(),
    xfail: line.optional(),
    kernel: z
      .union([z.string(), z.number()])
      .transform((text, context) => {
        const range = parseKernelRange(String(text));
        return range ?? refuse(context, 'kernel versions such as "6.12" or ">=6.5 <7"');
      })
      .optional(),
    profile: some(line).optional(),
  })
  .superRefine((value, context) => {
    const [kind, second] = KINDS.filter((key) => value[key] !== undefined);
    const complain = (message: string, path: string[] = []) =>
      context.addIssue({ code: 'custom', message, path });
    if (kind === undefined) return complain(`one of ${KINDS.join(', ')} is needed`);
    if (second !== undefined) return complain(`only one of ${KINDS.join(', ')} can be given`);
    const belongs = (key: 'when' | 'gives' | 'which' | 'count' | 'never', ok: boolean) => {
      if (!ok && value[key] !== undefined) complain(`${key}: is not for ${kind}`, [key]);
    };
    belongs('when', ROW_KINDS.includes(kind));
    belongs('gives', kind === 'decision');
    belongs('which', kind === 'decision');
    belongs('count', kind === 'decision');
    belongs('never', kind === 'finding');
  })
  .transform((value): Expectation => {
    const { when, gives, which, count, never, ...rest } = value;
    const name = value.name ?? expectationName(value);
    const whole =
      value.decision !== undefined
        ? { ...rest, gives: gives ?? {}, which: which ?? 'every', count: count ?? 1, name }
        : value.finding !== undefined
          ? { ...rest, never: never ?? false, name }
          : { ...rest, when: when ?? 'ever', name };
    // Absent keys go: which of them are there tells the kinds apart.
    const there = Object.entries(whole).filter(([, field]) => field !== undefined);
    return Object.fromEntries(there) as unknown as Expectation;
  });

export const expectSchema: z.ZodType<readonly Expectation[], unknown> = z.array(expectation);

/** A file of expectations alone, for runs that no scenario describes. */
export const expectFileSchema: z.ZodType<
  { readonly name: string; readonly about?: string; readonly expect: readonly Expectation[] },
  unknown
> = z.strictObject({
  name: line,
  about: z.string().optional(),
  expect: expectSchema,
}) as never;
