/** One rtnetlink request that changes something, and the kernel's answer to it. */

import { AgentError } from '../error.ts';
import { errnoName } from '../libbpf/errno.ts';
import type { RouteSocket } from '../libbpf/netlink-socket.ts';
import { decodeStatus, eachMessage, encodeMessage, NLM_F_REQUEST, NLMSG_ERROR } from './message.ts';

const NLM_F_ACK = 0x4;
const ANSWER_BYTES = 8192;
const SEQ = 1;

export interface ChangeRequest {
  /** `RTM_NEW*` or `RTM_DEL*`. */
  readonly type: number;
  /** `NLM_F_*` beside those of every request. */
  readonly flags: number;
  readonly body: readonly Uint8Array[];
}

/**
 * Sends it and takes the answer, which is there when the send returns (netlink_rcv_skb(),
 * net/netlink/af_netlink.c). @throws AgentError PVD_ERR_NETLINK with the kernel's own words.
 */
export function change(socket: RouteSocket, request: ChangeRequest, op: string): void {
  const flags = NLM_F_REQUEST | NLM_F_ACK | request.flags;
  socket.send(encodeMessage(request.type, flags, SEQ, request.body));
  const answer = new Uint8Array(ANSWER_BYTES);
  const len = socket.receive(answer);
  if (len <= 0) throw refused(op, -len, '');
  for (const message of eachMessage(answer.subarray(0, Math.min(len, answer.length)))) {
    if (message.type !== NLMSG_ERROR || message.seq !== SEQ) continue;
    const { errno, text } = decodeStatus(message);
    if (errno === 0) return;
    throw refused(op, errno, text);
  }
  throw refused(op, 0, 'no answer');
}

function refused(op: string, errno: number, text: string): AgentError {
  const reason = [errno === 0 ? '' : errnoName(errno), text].filter(Boolean).join(': ');
  return new AgentError({ code: 'PVD_ERR_NETLINK', op, message: `cannot ${op}: ${reason}` });
}
