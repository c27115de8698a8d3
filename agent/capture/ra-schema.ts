/**
 * The form of what `parse --format ndjson` writes for one RA, as a zod schema.
 *
 * Keys with a dot are Wireshark's field names, but for those that it has none for
 * (`src/decode/nd/wireshark.ts`). Names are in presentation form with escapes (RFC 4343,
 * section 2.1), octets in hexadecimal, times as the wire holds them.
 */

import * as z from 'zod';
import { RULES } from '../../src/decode/nd/rules.ts';

const uint = (bits: number): z.ZodInt =>
  z
    .int()
    .min(0)
    .max(2 ** bits - 1);
const hex = z.string().regex(/^([0-9a-f]{2})*$/);
const mac = z.string().regex(/^([0-9a-f]{2}(:[0-9a-f]{2})*)?$/);
const addr = z.string().regex(/^[0-9a-f:]{2,39}$/);
const name = z.string().max(1024);
const prf = z.enum(['low', 'medium', 'high', 'reserved']);
const code = z.enum(Object.keys(RULES));
const big = z.string().regex(/^\d+$/);

const RA = 'icmpv6.nd.ra';
const header = z.strictObject({
  [`${RA}.cur_hop_limit`]: uint(8),
  [`${RA}.flag`]: uint(8),
  [`${RA}.flag.m`]: z.boolean(),
  [`${RA}.flag.o`]: z.boolean(),
  [`${RA}.flag.h`]: z.boolean(),
  [`${RA}.flag.prf`]: prf,
  [`${RA}.flag.p`]: z.boolean(),
  [`${RA}.flag.rsv`]: uint(2),
  [`${RA}.router_lifetime`]: uint(16).describe('s'),
  [`${RA}.reachable_time`]: uint(32).describe('ms'),
  [`${RA}.retrans_timer`]: uint(32).describe('ms'),
});

const OPT = 'icmpv6.opt';
/** Fields of every option; which of them are there depends on its type. */
const FIELDS = {
  [`${OPT}.src_linkaddr`]: mac,
  [`${OPT}.target_linkaddr`]: mac,
  [`${OPT}.prefix`]: addr.describe('as sent, bits past the length included'),
  [`${OPT}.prefix.length`]: uint(8).max(128),
  [`${OPT}.prefix.flag.l`]: z.boolean(),
  [`${OPT}.prefix.flag.a`]: z.boolean(),
  [`${OPT}.prefix.flag.r`]: z.boolean(),
  [`${OPT}.prefix.flag.p`]: z.boolean().describe('RFC 9762'),
  [`${OPT}.prefix.flag.reserved`]: uint(4),
  [`${OPT}.prefix.valid_lifetime`]: uint(32).describe('s'),
  [`${OPT}.prefix.preferred_lifetime`]: uint(32).describe('s'),
  [`${OPT}.route_info.flag`]: uint(8),
  [`${OPT}.route_info.flag.route_preference`]: prf,
  [`${OPT}.route_lifetime`]: uint(32).describe('s'),
  [`${OPT}.mtu`]: uint(32),
  [`${OPT}.rdnss.lifetime`]: uint(32).describe('s'),
  [`${OPT}.rdnss`]: z.array(addr),
  [`${OPT}.dnssl.lifetime`]: uint(32).describe('s'),
  [`${OPT}.dnssl`]: z.array(name),
  [`${OPT}.advertisement_interval`]: uint(32).describe('ms'),
  [`${OPT}.home_agent_preference`]: uint(16),
  [`${OPT}.home_agent_lifetime`]: uint(16).describe('s'),
  [`${OPT}.pref64.scaled_lifetime`]: uint(13).describe('units of 8 s'),
  [`${OPT}.pref64.plc`]: uint(3),
  [`${OPT}.pref64.prefix`]: addr,
  [`${OPT}.captive_portal`]: z.string().regex(/^[\x21-\x7e]+$/),
  [`${OPT}.encrypted_dns.priority`]: uint(16),
  [`${OPT}.encrypted_dns.lifetime`]: uint(32).describe('s'),
  [`${OPT}.encrypted_dns.adn`]: name,
  [`${OPT}.encrypted_dns.address`]: z.array(addr),
  [`${OPT}.encrypted_dns.svc_param`]: z.array(z.string().regex(/^\d+=([0-9a-f]{2})*$/)),
  [`${OPT}.efo`]: hex,
  [`${OPT}.nonce`]: hex,
  'icmpv6.data': hex.describe('what follows the length of an option that is kept raw'),
};

const plainOption = {
  type: uint(8),
  name: z.string().describe('short name of the type, "option N" when it is not registered'),
  offset: z.int().min(16).describe('octets from the start of the ICMPv6 message'),
  lenBytes: z.int().min(8),
  outcome: z.enum(['ok', 'ignored']),
  reason: code.nullable().describe('the rule that made it ignored'),
  ...z.object(FIELDS).partial().shape,
};

const pvdFields = {
  [`${OPT}.pvd_id.flags.h`]: z.boolean(),
  [`${OPT}.pvd_id.flags.l`]: z.boolean(),
  [`${OPT}.pvd_id.flags.r`]: z.boolean(),
  [`${OPT}.pvd_id.flags.reserved`]: uint(16),
  [`${OPT}.pvd_id.delay`]: uint(4),
  [`${OPT}.pvd_id.sequence_number`]: uint(16),
  [`${OPT}.pvd_id.fqdn`]: name,
  ra: header.nullable().describe('the header inside the PvD option'),
  options: z.array(z.strictObject(plainOption)).describe('the options inside the PvD option'),
};

const option = { ...plainOption, ...z.object(pvdFields).partial().shape };

const pvd = z.strictObject({
  id: name.describe('name of an explicit PvD; implicit:INTERFACE:ROUTER of an implicit one'),
  kind: z.enum(['explicit', 'implicit']),
  h: z.boolean().nullable(),
  l: z.boolean().nullable(),
  r: z.boolean().nullable(),
  delay: uint(4).nullable(),
  sequence: uint(16).nullable(),
  ra: header.nullable().describe('the header inside the PvD option'),
  options: z
    .array(z.strictObject({ ...plainOption, nested: z.boolean() }))
    .describe('what belongs to it, in order; nested: it stood inside the PvD option'),
});

const problem = z.strictObject({
  code,
  offset: z.int().min(0),
  outcome: z.enum(['drop', 'ignore', 'remark']),
  rfc: z.string().describe('document and section that decides'),
  message: z.string(),
  linux: z.string().optional().describe('what mainline Linux does where that differs'),
  linuxAccepts: z.literal(true).optional().describe('mainline Linux keeps what the RFC drops'),
  netpvd: z.string().optional().describe('what the PvD patch for 4.15 does'),
  danger: z.literal(true).optional().describe('it can lock up or crash that kernel'),
});

/** One object a line, one line an RA. */
export const raSchema: z.ZodType = z.strictObject({
  frame: z.int().min(1).describe('number of the packet or of the message, from 1'),
  outcome: z.enum(['accept', 'drop']).describe('what a PvD-aware host does with the RA'),
  reason: code.nullable().describe('the first rule that made it dropped'),
  ra: header.nullable(),
  options: z.array(z.strictObject(option)),
  pvds: z.array(pvd).describe('what an accepted RA configures; empty when it is dropped'),
  linuxOutcome: z.enum(['accept', 'drop']).describe('what mainline Linux does, sysctls aside'),
  problems: z.array(problem),
  timeNs: big.nullable().describe('ns since 1970'),
  saddr: addr.nullable(),
  daddr: addr.nullable(),
  hopLimit: uint(8).nullable(),
  lenBytes: z.int().min(0).describe('octets of the ICMPv6 message on the wire'),
});
