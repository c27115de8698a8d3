/**
 * The files of `predict`: a state (the `snapshot` of the stream, as `pvdscope state --format json`
 * writes it) and a query. Fields left out get the kernel's defaults; `null` means "none".
 */

import * as z from 'zod';
import { LINUX } from '../../src/model/profile.ts';
import type { Query } from '../../src/model/query.ts';
import { type Addr6, parseAddr6 } from '../../src/net/addr6.ts';
import { type Prefix6, parsePrefix6 } from '../../src/net/prefix6.ts';
import type { PvdId } from '../../src/net/pvd-id.ts';
import { addressKey, neighbourKey, type Snapshot } from '../../src/state/snapshot.ts';
import { AgentError, EXIT } from '../error.ts';
import { chooseNetns } from './netns-choice.ts';

const int = z.number().int().min(-0x8000_0000).max(0xffff_ffff);
const u32 = int.default(0);
const on = z.boolean().default(false);
const big = z
  .union([z.string().regex(/^\d{1,20}$/), z.number().int().nonnegative()])
  .transform(BigInt);
const until = big.nullish().transform((v) => v ?? undefined);
const text = z.string().max(1024).default('');
const addr6 = z.string().transform((value, ctx): Addr6 => {
  const addr = parseAddr6(value);
  if (addr === undefined) ctx.addIssue({ code: 'custom', message: 'not an IPv6 address' });
  return addr ?? ('::' as Addr6);
});
const addr = addr6.default('::' as Addr6);
const prefix6 = z.string().transform((value, ctx): Prefix6 => {
  const prefix = parsePrefix6(value);
  if (prefix === undefined) ctx.addIssue({ code: 'custom', message: 'not an IPv6 prefix' });
  return prefix ?? ('::/0' as Prefix6);
});
const prefix = prefix6.default('::/0' as Prefix6);
const pvdId = z
  .string()
  .max(1024)
  .transform((id) => id as PvdId);
const ra = z.object({ raId: big, tsNs: big, ifindex: int, router: addr6 });
const attribution = z
  .object({ pvd: pvdId.nullish(), reason: text, ra: ra.nullish() })
  .default({ pvd: undefined, reason: 'static' })
  .transform((v) => ({ pvd: v.pvd ?? undefined, reason: v.reason, ra: v.ra ?? undefined }));

const link = z.object({
  ifindex: int,
  name: text,
  flags: u32,
  mtu: int.default(1500),
  mtu6: int.default(1500),
  type: int.default(1),
  lladdr: text,
  operstate: u32,
  carrier: z.boolean().default(true),
  master: u32,
  isL3Master: on,
  group: u32,
  sharesStale: on,
  l3mdevTable: u32,
});
const address = z.object({
  addr: addr6,
  peer: addr,
  prefixLen: z.number().int().min(0).max(128).default(64),
  ifindex: int,
  flags: int.default(0x80),
  scope: u32,
  proto: u32,
  validUntil: until,
  preferredUntil: until,
  attribution,
  netPvds: z.array(pvdId).exactOptional(),
});
const route = z.object({
  id: big,
  expiresNs: until,
  dst: addr,
  dstLen: z.number().int().min(0).max(128).default(0),
  src: addr,
  srcLen: z.number().int().min(0).max(128).default(0),
  prefsrc: addr,
  gateway: addr,
  table: int.default(254),
  metric: int.default(1024),
  flags: int.default(1),
  nhId: u32,
  oif: u32,
  weight: int.default(1),
  upperBound: z.number().int().default(0),
  siblings: u32,
  type: int.default(1),
  protocol: int.default(3),
  nhFlags: u32,
  attribution,
  netPvd: pvdId.nullable().exactOptional(),
});
const rule = z.object({
  id: big,
  pref: int,
  src: prefix,
  dst: prefix,
  iifname: text,
  oifname: text,
  iif: u32,
  oif: u32,
  table: int.default(254),
  mark: u32,
  markMask: u32,
  gotoTarget: u32,
  frFlags: u32,
  suppressPrefixlen: int.default(-1),
  suppressIfgroup: int.default(-1),
  uidRange: z
    .object({ start: int, end: int })
    .nullish()
    .transform((v) => v ?? undefined),
  sportStart: u32,
  sportEnd: u32,
  dportStart: u32,
  dportEnd: u32,
  action: int.default(1),
  ipProto: u32,
  dscp: u32,
  l3mdev: on,
  protocol: u32,
});
const label = z.object({ prefix: prefix6, ifindex: u32, label: int });
const neighbour = z.object({
  addr: addr6,
  ifindex: int,
  nudState: int,
  isRouter: on,
  lladdr: text,
});
const nexthop = z.object({
  id: int,
  gateway: addr,
  oif: u32,
  nhFlags: u32,
  isGroup: on,
  isBlackhole: on,
  isResilient: on,
  members: z.array(z.object({ id: int, weight: int.default(1) })).default([]),
});
const conf = z.object({ ifindex: z.number().int(), conf: z.record(z.string(), z.number()) });
const pvdPrefix = z.looseObject({ prefix: prefix6, router: addr6, ifindex: int });
const pvd = z.looseObject({ id: pvdId, prefixes: z.array(pvdPrefix).default([]) });
const list = <T extends z.ZodType>(item: T): z.ZodDefault<z.ZodArray<T>> =>
  z.array(item).default([]);

const tables = z.object({
  link: list(link),
  devconf: list(conf),
  address: list(address),
  route: list(route),
  rule: list(rule),
  label: list(label),
  neighbour: list(neighbour),
  nexthop: list(nexthop),
  pvd: list(pvd),
  sysctl: list(z.object({ name: text, value: z.number() })),
});
const stateFile = z.object({ tsNs: big.optional(), tables });

const scopeBinding = z.union([z.enum(['inherit', 'none']), z.array(pvdId)]).optional();
const bound = {
  binding: z.array(pvdId).optional(),
  scopes: z
    .object({ socket: scopeBinding, thread: scopeBinding, process: scopeBinding })
    .optional(),
};
const flow = {
  daddr: addr6,
  saddr: addr,
  oif: u32,
  iif: u32,
  l3mdev: u32,
  mark: u32,
  uid: u32,
  flowinfo: u32,
  sport: u32,
  dport: u32,
  proto: u32,
  ...bound,
  sock: z.object({ boundDevIf: u32, srcprefs: u32 }).optional(),
  volatile: z.object({ mpHash: u32 }).optional(),
  fromNs: big.optional(),
  toNs: big.optional(),
};
const queryFile = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('lookup'), ...flow, flags: u32, input: on }),
  z.object({ kind: z.literal('flow'), ...flow }),
  z.object({
    kind: z.literal('saddr'),
    daddr: addr6,
    oif: u32,
    prefs: u32,
    nextHop: addr6.optional(),
    routePvd: pvdId.optional(),
    ...bound,
    fromNs: big.optional(),
    toNs: big.optional(),
  }),
]);

/** What `schema` publishes of both. */
export const stateFileSchema: z.ZodType = stateFile;
export const queryFileSchema: z.ZodType = queryFile;

/** The kernel's own policy table (`ip6addrlbl_init_table`), for a file that names none. */
const LABELS: readonly (readonly [string, number])[] = [
  ['::1/128', 0],
  ['::/96', 3],
  ['::ffff:0:0/96', 4],
  ['2001::/32', 6],
  ['2001:10::/28', 7],
  ['2002::/16', 2],
  ['3ffe::/16', 12],
  ['fec0::/10', 11],
  ['fc00::/7', 5],
  ['::/0', 1],
];

/**
 * Reads a state file's text: a snapshot, or what `state --format json` prints, of which
 * `netns` names one when there are several. Throws AgentError PVD_ERR_STATE_FILE.
 */
export function parseStateFile(json: string, name: string, netns?: string): Snapshot {
  const raw = parseJson(json, name, 'PVD_ERR_STATE_FILE');
  const inner = chooseNetns(Array.isArray(raw) ? raw : [raw], name, netns);
  const { tables: t, tsNs } = check(stateFile, inner, name, 'PVD_ERR_STATE_FILE');
  const labels =
    t.label.length > 0
      ? t.label
      : LABELS.map(([p, n]) => ({ prefix: p as Prefix6, ifindex: 0, label: n }));
  return {
    netnsCookie: 0n,
    name: '',
    inum: 0,
    tsNs: tsNs ?? 0n,
    seeded: true,
    version: 1,
    refused: {},
    links: new Map(t.link.map((v) => [v.ifindex, v])),
    devconf: new Map(t.devconf.map((v) => [v.ifindex, v.conf])) as unknown as Snapshot['devconf'],
    addresses: new Map(t.address.map((v) => [addressKey(v.ifindex, v.addr), v])),
    routes: new Map(t.route.map((v) => [v.id, v])),
    rules: t.rule,
    labels,
    neighbours: new Map(t.neighbour.map((v) => [neighbourKey(v.ifindex, v.addr), v])),
    nexthops: new Map(t.nexthop.map((v) => [v.id, v])),
    pvds: new Map(t.pvd.map((v) => [v.id, v])) as unknown as Snapshot['pvds'],
    sysctls: new Map(t.sysctl.map((v) => [v.name, v.value])),
  };
}

/** Reads a query file's text; its time is the state's unless it says another. */
export function parseQueryFile(json: string, name: string, nowNs: bigint): Query {
  const query = check(
    queryFile,
    parseJson(json, name, 'PVD_ERR_QUERY_FILE'),
    name,
    'PVD_ERR_QUERY_FILE',
  );
  const { fromNs = nowNs, toNs = fromNs } = query;
  return { ...query, fromNs, toNs } as Query;
}

function parseJson(json: string, name: string, code: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new AgentError({
      code,
      op: `read ${name}`,
      message: `${name}: not JSON: ${(cause as Error).message}`,
      cause,
      exitCode: EXIT.usage,
    });
  }
}

function check<T extends z.ZodType>(
  schema: T,
  value: unknown,
  name: string,
  code: string,
): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new AgentError({
    code,
    op: `read ${name}`,
    message: `${name}: ${issue?.path.join('.') || 'top'}: ${issue?.message ?? 'invalid'}`,
    hint: `see docs/model.md for the form; the profile '${LINUX.name}' needs links, addresses, routes and rules`,
    exitCode: EXIT.usage,
  });
}
