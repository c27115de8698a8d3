/** What a run says of itself, from its start record. */

import type { AgentStartEvent } from './decode/event.ts';
import type { Instant } from './net/instant.ts';
import type { HelloData } from './publish/envelope.ts';

/** Before the start record came. */
export const NO_HELLO: HelloData = {
  run: '',
  version: '',
  kernel: '',
  realtimeOffsetNs: '0',
  hooks: [],
  resumed: false,
};

export function helloData(info: AgentStartEvent['info'], tsNs: Instant): HelloData {
  const { bootId, version, kernel, realtimeOffsetNs, hooks, profile } = info;
  return {
    run: `${bootId}.${tsNs}`,
    version,
    kernel,
    realtimeOffsetNs,
    hooks: hooks.map(({ program, target, attached, reason }) => ({
      program,
      target,
      attached,
      reason: reason ?? null,
    })),
    ...(profile === undefined ? {} : { profile }),
    resumed: false,
  };
}
