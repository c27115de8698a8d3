/**
 * One rtnetlink dump: request, batches, end. A dump that the kernel marks as
 * interrupted (NLM_F_DUMP_INTR), or of which it lost a part, is repeated, a
 * bounded number of times.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { AgentError } from '../error.ts';
import { ERRNO, errnoName } from '../libbpf/errno.ts';
import type { RouteSocket } from '../libbpf/netlink-socket.ts';
import {
  decodeStatus,
  eachMessage,
  encodeMessage,
  type NetlinkMessage,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
} from './message.ts';

/** Dumps of one part before the last one is taken as it is. */
export const ATTEMPTS_MAX = 5;
/** What a receive takes; the kernel fills at most 32 KiB unless one object needs more. */
const BUFFER_BYTES = 64 * 1024;
const BUFFER_BYTES_MAX = 4 * 1024 * 1024;
/** What is held of one part before it is known to be consistent. */
const HELD_BYTES_MAX = 256 * 1024 * 1024;
const ENOBUFS = 105;

export interface DumpRequest {
  /** `RTM_GET*`. */
  readonly type: number;
  /** The family header and attributes. */
  readonly body: readonly Uint8Array[];
}

export interface DumpSource {
  /** A fresh socket for every attempt: an abandoned dump leaves its rest in the old one. */
  readonly open: () => RouteSocket;
  /** CLOCK_BOOTTIME in ns. */
  readonly now: () => bigint;
}

export interface Batch {
  /**
   * Not later than when the kernel wrote the batch: it writes the first one during the
   * send and each other during the receive before, so an event stamped later than this
   * may be missing from the batch, one stamped earlier is in it.
   */
  readonly stampNs: bigint;
  readonly messages: readonly NetlinkMessage[];
}

/** `interrupted`: the objects changed meanwhile; `lost`: the kernel dropped a part. */
export type DumpOutcome = 'complete' | 'interrupted' | 'lost';

let lastSeq = 0;

/**
 * Yields the batches of one attempt as they come; their bytes are valid until the next
 * one is asked for. @throws AgentError PVD_ERR_NETLINK with the kernel's own words.
 */
export async function* streamDump(
  source: DumpSource,
  request: DumpRequest,
  bufferBytes: number = BUFFER_BYTES,
): AsyncGenerator<Batch, { outcome: DumpOutcome; needBytes: number }> {
  lastSeq = (lastSeq + 1) >>> 0;
  const seq = lastSeq;
  const socket = source.open();
  const buffer = new Uint8Array(bufferBytes);
  let outcome: DumpOutcome = 'complete';
  try {
    let stampNs = source.now();
    socket.send(encodeMessage(request.type, NLM_F_REQUEST | NLM_F_DUMP, seq, request.body));
    for (;;) {
      const nextStampNs = source.now();
      const len = socket.receive(buffer);
      if (len > buffer.length) return { outcome: 'lost', needBytes: len };
      if (len <= 0) {
        if (isRetryable(-len)) return { outcome: 'lost', needBytes: bufferBytes };
        throw netlinkError(request.type, -len, '');
      }
      const batch = readBatch(buffer.subarray(0, len), seq, request.type);
      if (batch.interrupted) outcome = 'interrupted';
      if (batch.messages.length > 0) yield { stampNs, messages: batch.messages };
      if (batch.done) return { outcome, needBytes: bufferBytes };
      stampNs = nextStampNs;
      // A long dump must not keep the ring buffer from being read.
      await nextTurn();
    }
  } finally {
    socket.close();
  }
}

/** -ENOBUFS and -ENOMEM: an skb was not to be had; -EAGAIN: the kernel gave up filling them. */
function isRetryable(errno: number): boolean {
  return errno === ENOBUFS || errno === ERRNO.ENOMEM || errno === ERRNO.EAGAIN;
}

function readBatch(
  bytes: Uint8Array,
  seq: number,
  type: number,
): { messages: NetlinkMessage[]; interrupted: boolean; done: boolean } {
  const messages: NetlinkMessage[] = [];
  let interrupted = false;
  for (const message of eachMessage(bytes)) {
    if (message.seq !== seq) continue;
    if ((message.flags & NLM_F_DUMP_INTR) !== 0) interrupted = true;
    if (message.type === NLMSG_DONE || message.type === NLMSG_ERROR) {
      const status = decodeStatus(message);
      if (status.errno !== 0) throw netlinkError(type, status.errno, status.text);
      return { messages, interrupted, done: true };
    }
    messages.push(message);
  }
  return { messages, interrupted, done: false };
}

/**
 * Dumps until an attempt is consistent and returns its batches. After the last attempt
 * what was interrupted is returned all the same, marked so.
 * @throws AgentError PVD_ERR_NETLINK also when every attempt lost a part.
 */
export async function stableDump(
  source: DumpSource,
  request: DumpRequest,
): Promise<{ readonly batches: readonly Batch[]; readonly interrupted: boolean }> {
  let bufferBytes = BUFFER_BYTES;
  let last: readonly Batch[] | undefined;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const batches: Batch[] = [];
    const stream = streamDump(source, request, bufferBytes);
    let heldBytes = 0;
    let step = await stream.next();
    for (; step.done !== true; step = await stream.next()) {
      batches.push({ stampNs: step.value.stampNs, messages: step.value.messages.map(copy) });
      heldBytes += step.value.messages.reduce((sum, m) => sum + m.payload.length, 0);
      if (heldBytes > HELD_BYTES_MAX) {
        await stream.return({ outcome: 'lost', needBytes: 0 });
        throw netlinkError(request.type, 0, `more than ${HELD_BYTES_MAX} bytes`);
      }
    }
    if (step.value.outcome === 'complete') return { batches, interrupted: false };
    if (step.value.outcome === 'interrupted') last = batches;
    bufferBytes = Math.min(Math.max(bufferBytes, step.value.needBytes), BUFFER_BYTES_MAX);
  }
  if (last !== undefined) return { batches: last, interrupted: true };
  throw netlinkError(request.type, ENOBUFS, `each of ${ATTEMPTS_MAX} dumps lost a part`);
}

function copy(message: NetlinkMessage): NetlinkMessage {
  return { ...message, payload: message.payload.slice() };
}

function netlinkError(type: number, errno: number, text: string): AgentError {
  const reason = [errno === 0 ? '' : errnoName(errno), text].filter(Boolean).join(': ');
  return new AgentError({
    code: 'PVD_ERR_NETLINK',
    op: `rtnetlink dump ${type}`,
    message: `rtnetlink dump, message type ${type}: ${reason}`,
  });
}
