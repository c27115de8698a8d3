/** The scenario language as a zod schema: `z.toJSONSchema(…, {io: 'input'})` publishes it. */

import * as z from 'zod';
import { parsePrefix6 } from '../../src/net/prefix6.ts';
import { expectSchema } from '../expect/expect-schema.ts';
import type { Action, Condition, Process, RadvdOptions, Router, Scenario } from './scenario.ts';

const word = (what: string) =>
  z
    .string()
    .regex(/^[a-zA-Z0-9][\w.-]{0,31}$/, `${what}: a name of up to 32 letters, digits, _ . -`);
const line = (what: string) => z.string().regex(/^[^\n]+$/, `${what}, on one line`);
/** As IFNAMSIZ and dev_valid_name() have it. */
const interfaceName = z
  .string()
  .regex(/^(?!\.{1,2}$)[^/:\s]{1,15}$/, 'an interface name: up to 15 characters');
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const shell = z.union([z.string().min(1), z.array(text).min(1)]);

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };
const duration = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m)$/, 'a duration such as 500ms, 10s or 2m')
  .transform((d) => Number.parseFloat(d) * (UNIT_MS[d.replace(/[\d.]/g, '')] ?? 1));

/** Exactly one of `keys` is there; `what` says so. */
function exactlyOne<T extends object>(keys: readonly (keyof T & string)[]) {
  return (value: T, context: z.core.$RefinementCtx<T>): void => {
    const given = keys.filter((key) => value[key] !== undefined);
    if (given.length === 1) return;
    const list = `${keys.slice(0, -1).join(', ')} or ${keys.at(-1)}`;
    const message =
      given.length === 0 ? `one of ${list} is needed` : `only one of ${list} can be given`;
    context.addIssue({ code: 'custom', message, path: given.slice(1, 2) });
  };
}

const condition = z
  .strictObject({
    address: z
      .string()
      .refine((t) => parsePrefix6(t) !== undefined, 'a prefix such as 2001:db8::/64')
      .optional(),
    route: line('arguments of ip -6 route show').optional(),
    listen: z.int().min(1).max(65535).optional(),
    command: shell.optional(),
    dev: interfaceName.optional(),
    gone: z.boolean().default(false),
  })
  .superRefine(exactlyOne<Condition>(['address', 'route', 'listen', 'command']));

const networkInterface = z.strictObject({
  link: word('a link').optional(),
  type: line('arguments of ip link add NAME type').optional(),
  master: interfaceName.optional(),
  mac: z
    .string()
    .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i, 'a MAC address such as 02:00:00:00:00:01')
    .optional(),
  addresses: z.array(line('arguments of ip address add')).default([]),
  sysctls: z
    .record(z.string().regex(/^((ipv4|neigh)[./])?\w+$/, 'a key of net.ipv6.conf.NAME'), text)
    .default({}),
  up: z.boolean().default(true),
});

const namespace = z
  .strictObject({
    sysctls: z
      .record(z.string().regex(/^net[./][\w./-]+$/, 'a sysctl below net.'), text)
      .default({}),
    interfaces: z.record(interfaceName, networkInterface).default({}),
    routes: z.array(line('arguments of ip -6 route add')).default([]),
    rules: z.array(line('arguments of ip -6 rule add')).default([]),
  })
  .superRefine(({ interfaces }, context) => {
    for (const [name, port] of Object.entries(interfaces)) {
      // `lo` is there by itself.
      const given = [port.link, port.type].filter((v) => v !== undefined).length;
      if (given === (name === 'lo' ? 0 : 1)) continue;
      const message =
        name === 'lo'
          ? 'lo has neither link nor type'
          : given === 0
            ? 'one of link or type is needed'
            : 'only one of link or type can be given';
      context.addIssue({ code: 'custom', message, path: ['interfaces', name] });
    }
  });

/** What could end a statement of radvd.conf(5) early stays out. */
const radvdWord = z.string().regex(/^[^{};\n]*$/, 'a word of radvd.conf without { } ;');
const radvdOptions: z.ZodType<RadvdOptions> = z.lazy(() =>
  z.record(radvdWord, z.union([radvdWord, z.number(), z.boolean(), z.null(), radvdOptions])),
);

const router = z
  .strictObject({
    in: word('a namespace'),
    interface: interfaceName,
    radvd: z.union([z.string(), radvdOptions]).optional(),
    pvdscope: z.union([z.string().min(1), z.record(z.string(), z.unknown())]).optional(),
    start: z.boolean().default(true),
  })
  .superRefine(exactlyOne<Router>(['radvd', 'pvdscope']));

const process = z
  .strictObject({
    in: word('a namespace'),
    run: shell,
    ready: condition.optional(),
    within: duration.default(60_000),
    start: z.boolean().default(true),
  })
  .transform(({ within, ...rest }): Process => ({ ...rest, readyMs: within }));

const action = z
  .strictObject({
    name: line('a name').optional(),
    in: word('a namespace').optional(),
    run: shell.optional(),
    bind: z.union([z.literal('none'), z.array(line('a PvD').max(255)).min(1).max(8)]).optional(),
    repeat: z.int().min(1).max(10_000).default(1),
    exit: z.union([z.int().min(0).max(255), z.literal(['any', 'fail'])]).default(0),
    wait: condition.optional(),
    start: z.string().optional(),
    stop: z.string().optional(),
    timeout: duration.default(60_000),
  })
  .superRefine(exactlyOne<Omit<Action, 'timeoutMs'>>(['run', 'wait', 'start', 'stop']))
  .superRefine((value, context) => {
    const needsIn = value.run !== undefined || value.wait !== undefined;
    if (needsIn === (value.in !== undefined)) return;
    const message = needsIn ? 'in: NAMESPACE is needed here' : 'in: is for run and wait only';
    context.addIssue({ code: 'custom', message });
  })
  .superRefine((value, context) => {
    if (value.bind === undefined || value.run !== undefined) return;
    context.addIssue({ code: 'custom', message: 'bind: is for run only', path: ['bind'] });
  })
  .transform(({ timeout, ...rest }): Action => ({ ...rest, timeoutMs: timeout }));

const link = z
  .strictObject({ mtu: z.int().min(68).max(65535).optional() })
  .nullable()
  .transform((value) => value ?? {});

export const scenarioSchema: z.ZodType<Scenario, unknown> = z.strictObject({
  name: line('a name'),
  about: z.string().optional(),
  links: z.record(word('a link'), link).default({}),
  namespaces: z.record(word('a namespace'), namespace),
  routers: z.record(word('a router'), router).default({}),
  processes: z.record(word('a process'), process).default({}),
  actions: z.array(action).default([]),
  expect: expectSchema.default([]),
});
