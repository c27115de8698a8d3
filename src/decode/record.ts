/**
 * A record of `bpf/event.h` ↔ {@link KernelEvent}.
 *
 * Records come from a ring that is written by the kernel or from a file that was written
 * by anybody: decoding never throws. Integers are little-endian, as on the hosts we support.
 */

import type { EventHeader, KernelEvent, UnknownEvent, UnknownReason } from './event.ts';
import { LAYOUT, LIMIT } from './layout.gen.ts';
import { addrCodec } from './record/addr.ts';
import {
  agentNetnsCodec,
  agentStartCodec,
  dumpBeginCodec,
  dumpEndCodec,
  lostCodec,
  tickCodec,
} from './record/agent.ts';
import { beginCodec } from './record/begin.ts';
import type { Codec } from './record/codec.ts';
import { devconfCodec } from './record/devconf.ts';
import { flowCodec } from './record/flow.ts';
import { bareHeader, decodeHeader, encodeHeader } from './record/header.ts';
import { labelCodec } from './record/label.ts';
import { linkCodec } from './record/link.ts';
import { lookupCodec } from './record/lookup.ts';
import { neighCodec } from './record/neigh.ts';
import { netnsCodec } from './record/netns.ts';
import { netpvdCodec } from './record/netpvd.ts';
import { nexthopCodec } from './record/nexthop.ts';
import { raCodec } from './record/ra.ts';
import { raDoneCodec } from './record/ra-done.ts';
import { viewOf } from './record/read.ts';
import { routeCodec } from './record/route.ts';
import { ruleCodec } from './record/rule.ts';
import { saddrCodec } from './record/saddr.ts';
import { sysctlCodec } from './record/sysctl.ts';

const H = LAYOUT.pvd_hdr;

type KnownEvent = Exclude<KernelEvent, UnknownEvent>;
type EventOf<K, E = KnownEvent> = E extends { readonly kind: infer EK }
  ? K extends EK
    ? E
    : never
  : never;
type CodecTable = { readonly [K in KnownEvent['kind']]: Codec<EventOf<K>> };

const CODECS = {
  begin: beginCodec,
  netns: netnsCodec,
  link: linkCodec,
  devconf: devconfCodec,
  addr: addrCodec,
  route: routeCodec,
  rule: ruleCodec,
  label: labelCodec,
  neigh: neighCodec,
  nexthop: nexthopCodec,
  sysctl: sysctlCodec,
  netpvd: netpvdCodec,
  ra: raCodec,
  'ra-done': raDoneCodec,
  lookup: lookupCodec,
  saddr: saddrCodec,
  flow: flowCodec,
  'agent-start': agentStartCodec,
  'agent-netns': agentNetnsCodec,
  'dump-begin': dumpBeginCodec,
  'dump-end': dumpEndCodec,
  tick: tickCodec,
  lost: lostCodec,
} satisfies CodecTable;

const BY_KIND: (Codec<KnownEvent> | undefined)[] = [];
for (const codec of Object.values(CODECS)) BY_KIND[codec.kind] = codec as Codec<KnownEvent>;

/**
 * Decodes the record that starts at `offset` and may fill `len` bytes. What cannot be
 * decoded becomes an event of kind `unknown` that says why.
 */
export function decodeRecord(
  bytes: Uint8Array,
  offset = 0,
  len: number = bytes.length - offset,
): KernelEvent {
  const room = Math.min(len, bytes.length - offset);
  if (offset < 0 || !(room >= H.size)) {
    return unknown(bareHeader(0n), 0, 0, 'short', `${room} bytes hold no header`);
  }
  const view = viewOf(bytes.buffer);
  const at = bytes.byteOffset + offset;
  const header = decodeHeader(view, at);
  const kind = view.getUint16(at + H.kind, true);
  const version = view.getUint8(at + H.version);
  if (version !== LIMIT.WIRE_VERSION) return unknown(header, kind, version, 'version', '');
  const codec = BY_KIND[kind];
  if (!codec) return unknown(header, kind, version, 'kind', '');
  const recordLen = view.getUint32(at + H.len, true);
  if (recordLen > room || recordLen < codec.lenMinBytes) {
    const detail = `hdr.len ${recordLen}: at least ${codec.lenMinBytes}, at most ${room} expected`;
    return unknown(header, kind, version, 'short', detail);
  }
  const event = codec.decode(view, at, recordLen, header);
  if (event.kind !== 'malformed') return event;
  return unknown(header, kind, version, 'malformed', event.why);
}

function unknown(
  header: EventHeader,
  rawKind: number,
  rawVersion: number,
  reason: UnknownReason,
  detail: string,
): UnknownEvent {
  return { kind: 'unknown', rawKind, rawVersion, reason, detail, ...header };
}

/**
 * Encodes an event as one record, padded with zeros to a multiple of 8 bytes. Texts and
 * arrays longer than their field are cut; numbers are taken modulo their width.
 */
export function encodeRecord(event: KnownEvent): Uint8Array {
  const codec = CODECS[event.kind] as Codec<KnownEvent>;
  const len = (codec.lenBytes(event) + 7) & ~7;
  const bytes = new Uint8Array(len);
  const view = new DataView(bytes.buffer);
  encodeHeader(view, event, codec.kind, len);
  codec.encode(view, event);
  return bytes;
}
