/** Sends the RAs of a configuration: once, or from time to time and when asked. */

import { setTimeout as sleep } from 'node:timers/promises';
import { ANY6 } from '../../src/net/addr6.ts';
import { AgentError } from '../error.ts';
import type { PlacedRa, RouterFile } from './config.ts';
import type { Link } from './link.ts';
import { raMessage } from './message.ts';
import { ipv6Packet } from './packet.ts';
import { afterSending, afterSolicitation, firstDue, type Timing } from './schedule.ts';
import { isSolicitation } from './solicitation.ts';

/** How long a solicitation may wait to be seen. */
const POLL_MS = 50;

/** Told of each RA that left, or that could not (`error`); `final` marks the farewell. */
export type OnSent = (sent: {
  readonly index: number;
  readonly lenBytes: number;
  readonly saddr: string;
  readonly daddr: string;
  readonly final: boolean;
  readonly error?: AgentError;
}) => void;

/** Sends every RA once. @throws AgentError when one cannot be sent. */
export function sendOnce(file: RouterFile, link: Link, onSent: OnSent, final = false): void {
  file.ras.forEach((placed, index) => {
    if (final && placed.ra.hex !== undefined) return;
    const { packet, saddr } = packetOf(file, placed, link, final);
    link.socket.send(packet);
    onSent({ index, lenBytes: packet.length, saddr, daddr: placed.ra.to, final });
  });
}

function packetOf(file: RouterFile, placed: PlacedRa, link: Link, final: boolean) {
  const { ra } = placed;
  const saddr = ra.from ?? link.linkLocal() ?? ANY6;
  const message = raMessage(file, placed, { lladdr: link.lladdr, final });
  const packet = ipv6Packet(message, {
    saddr,
    daddr: ra.to,
    hopLimit: ra.ipHopLimit,
    checksum: ra.checksum === 'auto',
  });
  return { packet, saddr };
}

/** Sends until `signal` is aborted, then says farewell. An interface that is down is waited for. */
export async function runRouter(
  file: RouterFile,
  link: Link,
  onSent: OnSent,
  signal: AbortSignal,
): Promise<void> {
  const { config } = file;
  const timing: Timing = {
    intervalMs: config.interval * 1000,
    jitter: config.jitter,
    initialIntervalMs: config.initialInterval * 1000,
    minDelayMs: config.minDelay * 1000,
  };
  let schedule = firstDue(performance.now());
  while (!signal.aborted) {
    const asked = drainSolicitations(link);
    const now = performance.now();
    if (asked && config.solicited) {
      schedule = afterSolicitation(schedule, timing, now, Math.random());
    }
    if (now >= schedule.dueMs) {
      trySending(file, link, onSent, false);
      schedule = afterSending(schedule, timing, now, Math.random());
    }
    const waitMs = Math.min(POLL_MS, Math.max(1, schedule.dueMs - performance.now()));
    // Being woken by the end is no error.
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }
  if (config.final) trySending(file, link, onSent, true);
}

function trySending(file: RouterFile, link: Link, onSent: OnSent, final: boolean): void {
  try {
    sendOnce(file, link, onSent, final);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    onSent({ index: 0, lenBytes: 0, saddr: '', daddr: '', final, error });
  }
}

/** Whether one of the waiting solicitations is valid. */
function drainSolicitations(link: Link): boolean {
  let asked = false;
  for (;;) {
    const received = link.socket.receive();
    if (received === undefined) return asked;
    asked ||= isSolicitation(received);
  }
}
