/**
 * The router's configuration as a zod schema; `z.toJSONSchema(…, {io: 'input'})` publishes it.
 *
 * Numbers are what the wire holds: lifetimes in seconds (`infinity` for all ones), timers in ms.
 * An option is a map with one key, its kind. Defaults of PIO are those of RFC 4861, 6.2.1.
 */

import * as z from 'zod';
import { type Addr6, parseAddr6 } from '../../src/net/addr6.ts';
import { dnsNameToWire } from '../../src/net/dns-name.ts';
import { INFINITY_SEC } from '../../src/net/instant.ts';
import { type Prefix6, parsePrefix6 } from '../../src/net/prefix6.ts';
import type { RouterConfig } from './config-types.ts';

const uint = (bits: number) =>
  z
    .int()
    .min(0)
    .max(2 ** bits - 1);

const hex = z
  .string('octets in hexadecimal, in quotes')
  .transform((text) => text.replace(/[\s:-]/g, ''))
  .refine((text) => /^([0-9a-f]{2})*$/i.test(text), 'octets in hexadecimal')
  .transform((text) => Uint8Array.from(Buffer.from(text, 'hex')));

const addr = z.string().transform((text, context): Addr6 => {
  const parsed = parseAddr6(text);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: 'an IPv6 address such as 2001:db8::1' });
  return z.NEVER;
});

const prefix = z.string().transform((text, context): Prefix6 => {
  const parsed = parsePrefix6(text);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: 'an IPv6 prefix such as 2001:db8::/64' });
  return z.NEVER;
});

const name = z
  .string()
  .refine((text) => dnsNameToWire(text) !== undefined, 'a domain name such as pvd.example.com');

const lifetime = z.union([uint(32), z.literal('infinity').transform(() => INFINITY_SEC)]);
const preference = z.enum(['low', 'medium', 'high', 'reserved']).default('medium');
const lenUnits = z.int().min(1).max(255).optional();
const reserved16 = uint(16).default(0);

const header = {
  hopLimit: uint(8).default(64),
  managed: z.boolean().default(false),
  other: z.boolean().default(false),
  homeAgent: z.boolean().default(false),
  preference,
  proxy: z.boolean().default(false),
  reserved: uint(2).default(0),
  lifetime: uint(16).default(1800),
  reachable: uint(32).default(0),
  retrans: uint(32).default(0),
  code: uint(8).default(0),
};

const plainOption = {
  slla: z.union([z.literal('auto'), hex]).optional(),
  tlla: hex.optional(),
  pio: z
    .strictObject({
      prefix,
      addr: addr.optional(),
      onLink: z.boolean().default(true),
      autonomous: z.boolean().default(true),
      routerAddress: z.boolean().default(false),
      pdPreferred: z.boolean().default(false),
      valid: lifetime.default(2_592_000),
      preferred: lifetime.default(604_800),
      reserved1: uint(4).default(0),
      reserved2: uint(32).default(0),
    })
    .optional(),
  rio: z
    .strictObject({
      prefix,
      addr: addr.optional(),
      preference,
      lifetime: lifetime.default(1800),
      reserved: uint(8).default(0),
      lenUnits,
    })
    .optional(),
  /** A number alone, or with its reserved bits. */
  mtu: z
    .union([
      uint(32).transform((mtu) => ({ mtu, reserved: 0 })),
      z.strictObject({ mtu: uint(32), reserved: reserved16 }),
    ])
    .optional(),
  rdnss: z
    .strictObject({
      addrs: z.array(addr).min(1),
      lifetime: lifetime.default(1800),
      reserved: reserved16,
    })
    .optional(),
  dnssl: z
    .strictObject({
      domains: z.array(name),
      lifetime: lifetime.default(1800),
      reserved: reserved16,
      lenUnits,
    })
    .optional(),
  advertisementInterval: z
    .union([
      uint(32).transform((interval) => ({ interval, reserved: 0 })),
      z.strictObject({ interval: uint(32), reserved: reserved16 }),
    ])
    .optional(),
  homeAgent: z
    .strictObject({
      preference: uint(16).default(0),
      lifetime: uint(16).default(1800),
      reserved: reserved16,
    })
    .optional(),
  pref64: z
    .strictObject({ prefix, addr: addr.optional(), lifetime: uint(16).default(1800) })
    .optional(),
  captivePortal: z
    .union([
      z.string().transform((uri) => ({ uri })),
      z.strictObject({ uri: z.string(), lenUnits }),
    ])
    .optional(),
  encryptedDns: z
    .strictObject({
      name,
      priority: uint(16).default(1),
      lifetime: lifetime.default(1800),
      addrs: z.array(addr).default([]),
      params: z.array(z.strictObject({ key: uint(16), value: hex })).default([]),
      lenUnits,
    })
    .optional(),
  raFlags: hex.optional(),
  /** Any option: its type and what follows the length, padded to a whole unit. */
  raw: z.strictObject({ type: uint(8), data: hex }).optional(),
  /** Octets as they are, whatever they mean. */
  hex: hex.optional(),
};

/** Exactly one key of an option is there. */
function oneKind(value: object, context: z.core.$RefinementCtx): void {
  const kinds = Object.entries(value).filter(([, content]) => content !== undefined);
  if (kinds.length === 1) return;
  const message = kinds.length === 0 ? 'an option is needed' : 'one option an item of the list';
  const [, second] = kinds;
  context.addIssue({ code: 'custom', message, path: second ? [second[0]] : [] });
}

const nestedOption = z.strictObject(plainOption).superRefine(oneKind);

const pvd = z.strictObject({
  id: name,
  http: z.boolean().default(false),
  legacy: z.boolean().default(false),
  delay: uint(4).default(0),
  sequence: uint(16).default(0),
  reserved: uint(16).default(0),
  type: uint(8).default(21),
  layout: z.enum(['rfc8801', 'draft-01', 'draft-00']).default('rfc8801'),
  lenUnits,
  ra: z
    .strictObject({ ...header, type: uint(8).default(134), checksum: uint(16).default(0) })
    .optional(),
  options: z.array(nestedOption).default([]),
});

const option = z.strictObject({ ...plainOption, pvd: pvd.optional() }).superRefine(oneKind);

const ra = {
  ...header,
  options: z.array(option).default([]),
  /** Of the ICMPv6 message; another one is no RA. */
  type: uint(8).default(134),
  /** `auto`: the right one. A number is sent as it is. */
  checksum: z.union([z.literal('auto'), uint(16)]).default('auto'),
  /** The whole ICMPv6 message instead; its checksum is still made right unless given here. */
  hex: hex.optional(),
  ipHopLimit: uint(8).default(255),
  /** Source address instead of the interface's link-local one. */
  from: addr.optional(),
  to: addr.default('ff02::1' as Addr6),
};

const seconds = z.number().min(0.01).max(86_400);

/** One RA, its keys beside the router's, or several under `ras`. */
export const routerConfigSchema: z.ZodType<RouterConfig> = z.strictObject({
  interface: z.string().min(1).max(15).optional(),
  /** Most time between two unsolicited RAs (MaxRtrAdvInterval), in seconds. */
  interval: seconds.default(600),
  /** The part of it that is random: 0 sends like a clock; RFC 4861, 6.2.1 has 0.67. */
  jitter: z.number().min(0).max(1).default(0.67),
  /** Most seconds between the first RAs (MAX_INITIAL_RTR_ADVERT_INTERVAL). */
  initialInterval: seconds.default(16),
  /** Answer Router Solicitations. */
  solicited: z.boolean().default(true),
  /** Least seconds between two RAs (MIN_DELAY_BETWEEN_RAS). */
  minDelay: z.number().min(0).max(60).default(3),
  /** At the end, say that this is no default router any more (RFC 4861, 6.2.5). */
  final: z.boolean().default(true),
  ...ra,
  ras: z.array(z.strictObject(ra)).min(1).max(64).optional(),
});
