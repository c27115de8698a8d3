/** `struct pvd_hdr`. */

import type { Instant } from '../../net/instant.ts';
import type { EventHeader, Op } from '../event.ts';
import { FLAG, HOOK, KIND, LAYOUT, LIMIT, OP } from '../layout.gen.ts';

const H = LAYOUT.pvd_hdr;

/** Functions whose names C identifiers of ours may not begin with. */
const UNDERSCORED: ReadonlySet<string> = new Set(['ipv6_ifa_notify', 'neigh_set_probe_once']);

const HOOK_NAMES: string[] = Object.keys(HOOK)
  .filter((key) => key !== 'MAX')
  .map((key) => key.toLowerCase())
  .map((name) => (UNDERSCORED.has(name) ? `__${name}` : name));
const HOOK_NUMBERS: ReadonlyMap<string, number> = new Map(HOOK_NAMES.map((name, i) => [name, i]));

const OP_NAMES: readonly Op[] = ['none', 'new', 'del', 'change', 'dump', 'fail', 'begin', 'end'];

const KIND_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(KIND).map(([key, kind]) => [kind, key.toLowerCase().replaceAll('_', '-')]),
);
const KIND_NUMBERS: ReadonlyMap<string, number> = new Map(
  [...KIND_NAMES].map(([kind, name]) => [name, kind]),
);

/** Name of a kind of record as in `KernelEvent['kind']`; `kind:N` for one not known here. */
export function kindName(kind: number): string {
  return KIND_NAMES.get(kind) ?? `kind:${kind}`;
}

/** The number behind {@link kindName}. */
export function kindNumber(name: string): number {
  return KIND_NUMBERS.get(name) ?? numberAfter('kind:', name);
}

function numberAfter(prefix: string, text: string): number {
  return (text.startsWith(prefix) && Number(text.slice(prefix.length))) || 0;
}

/** Header of a record that no BPF program wrote: it has no CPU and no place in a sequence. */
export function bareHeader(tsNs: Instant, netnsCookie = 0n, op: Op = 'none'): EventHeader {
  return {
    tsNs,
    netnsCookie,
    cpu: 0,
    seq: 0,
    lost: 0,
    hook: 'none',
    op,
    softirq: false,
    truncated: false,
  };
}

/** Reads the header at `at`; 40 bytes must be there. */
export function decodeHeader(view: DataView, at: number): EventHeader {
  const hook = view.getUint16(at + H.hook, true);
  const flags = view.getUint32(at + H.flags, true);
  return {
    tsNs: view.getBigUint64(at + H.ts_ns, true),
    netnsCookie: view.getBigUint64(at + H.netns_cookie, true),
    cpu: view.getUint16(at + H.cpu, true),
    seq: view.getUint32(at + H.seq, true),
    lost: view.getUint32(at + H.lost, true),
    hook: HOOK_NAMES[hook] ?? `hook:${hook}`,
    op: OP_NAMES[view.getUint8(at + H.op)] ?? 'none',
    softirq: (flags & FLAG.SOFTIRQ) !== 0,
    truncated: (flags & FLAG.TRUNCATED) !== 0,
  };
}

/** Writes the header of a record of `len` bytes. */
export function encodeHeader(view: DataView, h: EventHeader, kind: number, len: number): void {
  view.setBigUint64(H.ts_ns, h.tsNs, true);
  view.setBigUint64(H.netns_cookie, h.netnsCookie, true);
  view.setUint32(H.seq, h.seq, true);
  view.setUint32(H.lost, h.lost, true);
  view.setUint32(H.len, len, true);
  const flags = (h.softirq ? FLAG.SOFTIRQ : 0) | (h.truncated ? FLAG.TRUNCATED : 0);
  view.setUint32(H.flags, flags, true);
  view.setUint16(H.kind, kind, true);
  view.setUint16(H.hook, HOOK_NUMBERS.get(h.hook) ?? numberAfter('hook:', h.hook), true);
  view.setUint16(H.cpu, h.cpu, true);
  view.setUint8(H.version, LIMIT.WIRE_VERSION);
  view.setUint8(H.op, OP[h.op.toUpperCase() as keyof typeof OP]);
}
