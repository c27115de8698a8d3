/**
 * The form of the stream's envelopes as zod schemas: what `src/publish/envelope.ts` says in types.
 *
 * Readers are to pass over fields they do not know, so objects are open; the strict form, for
 * tests, is the same with nothing else allowed.
 */

import * as z from 'zod';
import { ENVELOPE_VERSION } from '../../src/publish/envelope.ts';

const uint = z.int().min(0);
const big = z.string().regex(/^\d{1,20}$/);
const signed = z.string().regex(/^-?\d{1,20}$/);
const addr = z.string().regex(/^[0-9a-f:.]{2,45}$/);
const text = z.string();
const counts = z.record(z.string(), uint);

const verdict = z.union([
  z.strictObject({ verdict: z.literal('agree'), raced: z.boolean() }),
  z.strictObject({ verdict: z.literal('diverge') }),
  z.strictObject({ verdict: z.literal('undecided'), reason: text }),
]);
const verdictCounts = z.strictObject({ agree: uint, diverge: uint, undecided: counts });
const evidence = z.array(z.strictObject({ code: text, evidence: text }));

type Shape = Readonly<Record<string, z.ZodType>>;
type ObjectOf = (shape: Shape) => z.ZodType;

/** One envelope; `strict`: with no fields but those. */
export function envelopeSchema(strict = false): z.ZodType {
  const object: ObjectOf = (shape) => (strict ? z.strictObject(shape) : z.looseObject(shape));
  const kinds: Readonly<Record<string, z.ZodType>> = {
    hello: hello(object),
    snapshot: snapshot(object),
    ra: ra(object),
    change: object({
      cause: object({ kind: text, hook: text, op: text }),
      changes: z.array(changeOf(object)),
    }),
    decision: decision(object),
    lost: object({
      source: z.enum(['gap', 'counters', 'skipped']),
      count: uint,
      total: uint,
      cpu: uint.nullable(),
      beforeSeq: uint.nullable(),
      byKind: counts.nullable(),
    }),
    stats: stats(object),
    netns: object({
      op: z.enum(['new', 'change', 'del']),
      inum: uint,
      name: text,
      seeded: z.boolean(),
    }),
    dropped: object({ count: uint, from: uint, to: uint }),
  };
  const netns = object({ cookie: big, name: text.describe('empty while it is not known') });
  return z.union(
    Object.entries(kinds).map(([kind, data]) =>
      object({
        v: z.literal(ENVELOPE_VERSION),
        seq: uint.describe('numbers the envelopes of a run'),
        tsNs: big.describe('CLOCK_BOOTTIME, ns'),
        host: text,
        bootId: text,
        netns: netns.nullable(),
        kind: z.literal(kind),
        data,
      }),
    ),
  );
}

/** One frame of the stream. */
export function frameSchema(): z.ZodType {
  return z.array(envelopeSchema()).min(1).describe('one frame of the stream: a JSON array');
}

function hello(object: ObjectOf): z.ZodType {
  return object({
    run: text.describe('names the run: resume only within one'),
    version: text,
    kernel: text,
    realtimeOffsetNs: signed.describe('CLOCK_REALTIME minus CLOCK_BOOTTIME'),
    hooks: z.array(
      object({ program: text, target: text, attached: z.boolean(), reason: text.nullable() }),
    ),
    profile: text.optional().describe('what the kernel is held against; absent: linux'),
    resumed: z.boolean().describe('else snapshots of all there is follow'),
  });
}

function attribution(object: ObjectOf): z.ZodType {
  const ra = object({ raId: big, tsNs: big, ifindex: uint, router: addr });
  return object({ pvd: text.nullable(), reason: text, ra: ra.nullable() });
}

/** Rows of the state's tables: their names, and what `docs/stream.md` promises; the rest is open. */
function rows(object: ObjectOf): Readonly<Record<string, z.ZodType>> {
  const belongs = attribution(object);
  const open = (shape: Shape): z.ZodType => z.looseObject(shape);
  const ifindex = z.int();
  return {
    link: open({ ifindex, name: text, flags: uint, mtu: uint }),
    devconf: open({ ifindex, conf: z.record(z.string(), z.number()) }),
    address: open({ addr, ifindex, prefixLen: uint, flags: uint, attribution: belongs }),
    route: open({
      id: big,
      dst: addr,
      dstLen: uint,
      gateway: addr,
      oif: uint,
      attribution: belongs,
    }),
    rule: open({ id: big, pref: uint, table: uint }),
    label: open({ prefix: text, ifindex, label: uint }),
    neighbour: open({ addr, ifindex, nudState: uint }),
    nexthop: open({ id: uint, gateway: addr, oif: uint }),
    pvd: open({ id: text, kind: z.enum(['explicit', 'implicit']), name: text, sequence: uint }),
    sysctl: open({ name: text, value: z.number() }),
  };
}

function snapshot(object: ObjectOf): z.ZodType {
  const tables = Object.entries(rows(object)).map(([name, row]) => [name, z.array(row)]);
  return object({
    netnsCookie: big,
    name: text,
    inum: uint,
    tsNs: big,
    seeded: z.boolean(),
    missing: z.array(object({ part: text, reason: text })),
    lostNs: big.nullable(),
    version: uint,
    refused: counts,
    tables: object(Object.fromEntries(tables)),
  });
}

function changeOf(object: ObjectOf): z.ZodType {
  const op = z.enum(['new', 'change', 'del']);
  return z.union(
    Object.entries(rows(object)).map(([name, value]) =>
      object({ object: z.literal(name), op, value }),
    ),
  );
}

function ra(object: ObjectOf): z.ZodType {
  const problem = object({ code: text, offset: uint, outcome: text, message: text });
  const done = object({
    accepted: z.boolean(),
    reachedDiscovery: z.boolean(),
    processed: z.boolean(),
    dropReason: z.int().nullable(),
    acceptRa: z.int(),
    forwarding: z.int(),
  });
  return object({
    raId: big,
    ifindex: uint,
    ifname: text,
    router: addr,
    daddr: addr,
    hopLimit: uint,
    lenBytes: uint,
    header: z.looseObject({ lifetimeSec: uint }).nullable(),
    options: z.array(z.looseObject({ kind: text, name: text, offset: uint, outcome: text })),
    problems: z.array(problem),
    pvds: z.array(text),
    done: done.nullable(),
    verdict: verdict.nullable(),
    differences: evidence,
  });
}

function decision(object: ObjectOf): z.ZodType {
  const belongs = attribution(object).nullable();
  const u = uint;
  const route = object({
    ...{ id: big, dst: text, gateway: addr, oif: u, table: u, metric: u, flags: u },
    ...{ protocol: u, type: u, attribution: belongs },
  });
  const source = object({ addr, ifindex: u, attribution: belongs });
  const tried = object({ table: u, id: big, rulePref: u.nullable() });
  const span = { beginNs: big, endNs: big };
  const lookup = object({
    ...span,
    ...{ saddr: addr, oif: u, lookupFlags: u, tries: z.array(tried), triesCount: u },
    ...{ exception: z.boolean(), mpHash: u, error: z.int(), dstOif: u, gateway: addr, rtFlags: u },
    route: route.nullable(),
  });
  const saddr = object({ ...span, oif: u, prefs: u, error: z.int(), source });
  const query = object({
    ...{ daddr: addr, saddr: addr, oif: u, iif: u, l3mdev: u, mark: u, uid: u.nullable() },
    ...{ flowinfo: u, sport: u, dport: u, proto: u, flowFlags: u },
    binding: z.array(text).optional(),
  });
  const sock = object({
    ...{ cookie: big, mark: u, boundDevIf: u, family: u, type: u, protocol: u, state: u },
    srcprefs: u,
  });
  const expected = object({
    ...{ error: u, route: big.nullable(), table: u, oif: u, gateway: addr, source: addr },
  });
  const part = z.enum(['lookup', 'saddr', 'flow']);
  return object({
    what: z.enum(['flow', 'lookup', 'saddr']),
    id: big,
    hook: text,
    beginNs: big,
    task: object({ pid: u, tgid: u, comm: text, cgroupId: big }).nullable(),
    sock: sock.nullable(),
    query,
    outcome: object({
      ...{ error: z.int(), oif: u, gateway: addr, route: route.nullable() },
      source: source.nullable(),
    }),
    lookups: z.array(lookup),
    saddrs: z.array(saddr),
    incomplete: z.enum(['parts-missing', 'no-flow-record', 'table-full', 'end']).nullable(),
    verdict,
    blame: object({
      ...{ part, index: u, because: z.string().optional() },
      ...{ expectedCount: u, expected: z.array(expected) },
    }).nullable(),
    findings: evidence,
  });
}

function stats(object: ObjectOf): z.ZodType {
  return object({
    ...{ records: uint, byKind: counts, unknown: uint, malformed: counts },
    ...{ decisions: uint, incomplete: uint, verdicts: verdictCounts, raVerdicts: verdictCounts },
    ...{ findings: counts, drift: counts, lost: uint, skipped: uint.optional() },
    ...{ leftOut: uint, judgedShare: z.number().min(0).max(1), netns: uint },
  });
}
