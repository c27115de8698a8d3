/** A pipeline as the source of a hub. */

import {
  droppedOf,
  helloOf,
  type Pipeline,
  snapshotsOf,
  statsEnvelopeOf,
} from '../../src/pipeline.ts';
import type { HubSource } from './hub.ts';

export function sourceOf(pipeline: Pipeline): HubSource {
  return {
    hello: (resumed) => helloOf(pipeline, resumed),
    stats: () => statsEnvelopeOf(pipeline),
    snapshots: () => snapshotsOf(pipeline),
    dropped: (from, to) => droppedOf(pipeline, from, to),
  };
}
