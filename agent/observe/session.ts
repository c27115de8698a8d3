/**
 * A live run: records of this kernel through the pipeline to every reader that was asked for,
 * the trace file, the stream and stdout. The one place where they meet.
 */

import { lstatSync, rmSync } from 'node:fs';
import { arch, release, type } from 'node:os';
import { join } from 'node:path';
import type { DecisionRef } from '../../src/explain-decision.ts';
import { createPipeline, finish, type Pipeline, statsOf, step } from '../../src/pipeline.ts';
import type { Envelope, StatsData } from '../../src/publish/envelope.ts';
import { escapeTerminal } from '../../src/publish/escape.ts';
import { RECENT_MAX } from '../../src/recent.ts';
import { bootTimeNs, realtimeOffsetNs } from '../libbpf/libc.ts';
import { PACKAGE_ROOT } from '../paths.ts';
import type { ExplainAnswer } from '../serve/explain.ts';
import { createHub } from '../serve/hub.ts';
import { type RunningServer, type ServerOptions, startServer } from '../serve/server.ts';
import { sourceOf } from '../serve/source.ts';
import { createTrace, type TraceOptions, type TraceWriter } from '../trace/writer.ts';
import { type Observation, type ObserveOptions, observe } from './observe.ts';

export interface SessionOptions extends Omit<ObserveOptions, 'onRecord' | 'onTrouble' | 'version'> {
  readonly version: string;
  /** Serve the stream and the page there. */
  readonly listen?: Pick<ServerOptions, 'host' | 'port' | 'token' | 'certificate' | 'deflate'>;
  /** With `listen`: how readers are told how a decision came about. */
  readonly explain?: (pipeline: Pipeline, ref: DecisionRef) => ExplainAnswer;
  /** Write every record to this file. */
  readonly tracePath?: string;
  readonly trace?: Omit<TraceOptions, 'onRotate'>;
  /** Gets every envelope, in order. */
  readonly onEnvelopes?: (envelopes: readonly Envelope[]) => void;
}

export interface Session {
  readonly pipeline: Pipeline;
  readonly observation: Observation;
  /** Address of the page; undefined when nothing is served. */
  readonly url: string | undefined;
  stats(): StatsData;
  /** Milliseconds between the newest record read and now; 0 when none waits. */
  lagMs(): number;
  /** Rejects when the run cannot go on: the trace file cannot be written. */
  readonly failed: Promise<never>;
  /** Ends all of it and resolves when nothing is left; the pipeline then holds the totals. */
  stop(): Promise<void>;
}

/** The built page, beside the built agent. */
const ASSETS_DIR = join(PACKAGE_ROOT, 'dist/dashboards/live');
/** Troubles told on stderr; later ones are only counted. */
const TROUBLES_TOLD_MAX = 20;
/** Between dumps that further files of a trace ask for. */
const REDUMP_MIN_MS = 5000;

/** Opens what can fail by a mistake of the user (port, file) before it touches the kernel. */
export async function startSession(options: SessionOptions): Promise<Session> {
  const { listen, tracePath, trace: how = {}, version, onEnvelopes, explain, ...what } = options;
  const pipeline = createPipeline({ recentMax: listen && explain ? RECENT_MAX : 0 });
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {}); // nobody need wait for it
  const hub = listen && createHub(sourceOf(pipeline));
  let server: RunningServer | undefined;
  let observation: Observation | undefined;
  let trace: TraceWriter | undefined;
  const publish = (envelopes: readonly Envelope[]): void => {
    hub?.publish(envelopes);
    onEnvelopes?.(envelopes);
  };
  const closeAll = async (): Promise<void> => {
    hub?.close();
    await server?.close();
    trace?.close();
  };
  try {
    if (hub && listen) {
      const stats = () => statsOf(pipeline);
      const hookHits = () => observation?.hookHits() ?? {};
      server = await startServer({
        ...listen,
        hub,
        stats,
        hookHits,
        assetsDir: ASSETS_DIR,
        ...(explain ? { explain: (ref) => explain(pipeline, ref) } : {}),
      });
    }
    // What a further file needs to be read alone.
    const onRotate = seldom(() => observation?.reconcileAll());
    trace =
      tracePath === undefined
        ? undefined
        : createTrace(tracePath, traceInfo(version), { ...how, onRotate });
    const reconcile = (): void => {
      for (const cookie of pipeline.court.doubted) observation?.reconcile(cookie);
      if (observation !== undefined) pipeline.court.doubted.clear();
    };
    const observing = await observe({
      ...what,
      version,
      onRecord: (record) => {
        try {
          trace?.append(record);
        } catch (error) {
          fail(error);
          return;
        }
        publish(step(pipeline, record));
        if (pipeline.court.doubted.size > 0) reconcile();
      },
      onTrouble: troubleTeller(),
    });
    observation = observing;
    return {
      pipeline,
      observation: observing,
      url: server?.url,
      stats: () => statsOf(pipeline),
      lagMs: () =>
        observing.backlogBytes() === 0 ? 0 : Number(bootTimeNs() - pipeline.nowNs) / 1e6,
      failed,
      stop: async () => {
        await observing.stop([...pipeline.court.held.keys()]);
        publish(finish(pipeline));
        await closeAll();
      },
    };
  } catch (error) {
    await closeAll();
    // Nothing was recorded, so nothing stays behind.
    if (trace) removeFile(trace.path);
    throw error;
  }
}

/** Runs `what` soon after each call, but with a pause: where files are small, dumps fill them. */
function seldom(what: () => void): () => void {
  let isAsked = false;
  let ranMs = Number.NEGATIVE_INFINITY;
  const run = () => {
    isAsked = false;
    ranMs = performance.now();
    what();
  };
  return () => {
    const waitMs = Math.max(0, ranMs + REDUMP_MIN_MS - performance.now());
    if (!isAsked) setTimeout(run, waitMs).unref();
    isAsked = true;
  };
}

/** A device or pipe that somebody records to is not ours to remove. */
function removeFile(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile()) rmSync(path);
}

function traceInfo(version: string): Parameters<typeof createTrace>[1] {
  return {
    hardware: arch(),
    os: `${type()} ${release()}`,
    application: `pvdscope ${version}`,
    realtimeOffsetNs: realtimeOffsetNs(),
  };
}

function troubleTeller(): (error: Error) => void {
  let told = 0;
  return (error) => {
    told++;
    if (told > TROUBLES_TOLD_MAX) return;
    process.stderr.write(`pvdscope: ${escapeTerminal(error.message)}\n`);
    if (told === TROUBLES_TOLD_MAX)
      process.stderr.write('pvdscope: further troubles are not told\n');
  };
}
