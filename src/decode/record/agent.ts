/** Records the agent writes: a header and, but for ticks, a body of UTF-8 JSON. */

import { utf8Bytes, utf8Text } from '../../net/utf8.ts';
import type {
  AgentNetnsEvent,
  AgentStartEvent,
  DumpEvent,
  EventHeader,
  KernelEvent,
  LostEvent,
  TickEvent,
} from '../event.ts';
import { KIND, LAYOUT } from '../layout.gen.ts';
import {
  isAgentNetnsBody,
  isAgentStartInfo,
  isDumpBody,
  isLostBody,
  JSON_BYTES_MAX,
} from './agent-body.ts';
import { type Codec, type Malformed, malformed } from './codec.ts';
import { readBytes } from './read.ts';
import { writeBytes } from './write.ts';

const HEADER_BYTES = LAYOUT.pvd_hdr.size;

/** What distinguishes the kinds: how the body becomes an event, and back. */
interface Body<E extends KernelEvent> {
  readonly kind: number;
  read(body: unknown, header: EventHeader): E | undefined;
  body(event: E): unknown;
}

/** JSON of the body, cut at the zero padding; undefined when there is none or it is no JSON. */
function parseBody(view: DataView, at: number, len: number): unknown {
  const bytes = readBytes(view, at + HEADER_BYTES, len - HEADER_BYTES);
  const end = bytes.indexOf(0);
  try {
    return JSON.parse(utf8Text(end < 0 ? bytes : bytes.subarray(0, end)));
  } catch {
    return undefined;
  }
}

function jsonCodec<E extends KernelEvent>(spec: Body<E>): Codec<E> {
  const bytesOf = (event: E): Uint8Array => utf8Bytes(JSON.stringify(spec.body(event)));
  return {
    kind: spec.kind,
    lenMinBytes: HEADER_BYTES,
    decode(view: DataView, at: number, len: number, header: EventHeader): E | Malformed {
      if (len - HEADER_BYTES > JSON_BYTES_MAX) return malformed('the JSON body is too long');
      const event = spec.read(parseBody(view, at, len), header);
      return event ?? malformed('the body is not the JSON of this kind');
    },
    lenBytes: (event) => HEADER_BYTES + bytesOf(event).length,
    encode: (view, event) => writeBytes(view, HEADER_BYTES, bytesOf(event)),
  };
}

export const agentStartCodec: Codec<AgentStartEvent> = jsonCodec({
  kind: KIND.AGENT_START,
  read: (info, h) => (isAgentStartInfo(info) ? { kind: 'agent-start', info, ...h } : undefined),
  body: (event) => event.info,
});

export const agentNetnsCodec: Codec<AgentNetnsEvent> = jsonCodec({
  kind: KIND.AGENT_NETNS,
  read: (body, h) =>
    isAgentNetnsBody(body)
      ? { kind: 'agent-netns', name: body.name, inum: body.inum, ...h }
      : undefined,
  body: ({ name, inum }) => ({ name, inum }),
});

/** The body of a dump mark may be left out: nothing is missing then. */
function readDump(kind: DumpEvent['kind'], body: unknown, h: EventHeader): DumpEvent | undefined {
  if (body === undefined) return { kind, missing: [], ...h };
  return isDumpBody(body) ? { kind, missing: body.missing, ...h } : undefined;
}

export const dumpBeginCodec: Codec<DumpEvent> = jsonCodec({
  kind: KIND.DUMP_BEGIN,
  read: (body, h) => readDump('dump-begin', body, h),
  body: ({ missing }) => ({ missing }),
});

export const dumpEndCodec: Codec<DumpEvent> = jsonCodec({
  kind: KIND.DUMP_END,
  read: (body, h) => readDump('dump-end', body, h),
  body: ({ missing }) => ({ missing }),
});

type LostBody = Pick<LostEvent, 'byKind' | 'total' | 'skipped' | 'leftOut'>;

function lostBody({ byKind, total, skipped, leftOut }: LostBody): LostBody {
  return { byKind, total, ...(skipped && { skipped }), ...(leftOut && { leftOut }) };
}

export const lostCodec: Codec<LostEvent> = jsonCodec({
  kind: KIND.LOST,
  read: (body, h) => {
    if (!isLostBody(body)) return undefined;
    return { kind: 'lost', ...lostBody(body), ...h };
  },
  body: (event) => lostBody(event),
});

export const tickCodec: Codec<TickEvent> = {
  kind: KIND.TICK,
  lenMinBytes: HEADER_BYTES,
  decode: (_view, _at, _len, h) => ({ kind: 'tick', ...h }),
  lenBytes: () => HEADER_BYTES,
  encode: () => {},
};
