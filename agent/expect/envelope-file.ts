/** The envelopes of a run: judged again from its trace, or as NDJSON had them. */

import { closeSync, openSync, readSync } from 'node:fs';
import { createPipeline, finish, step } from '../../src/pipeline.ts';
import type { Envelope } from '../../src/publish/envelope.ts';
import { AgentError, EXIT } from '../error.ts';
import { readBatches, type TraceProblem } from '../trace/reader.ts';

/** A line longer than this is no envelope. */
const LINE_MAX = 1 << 28;
const CHUNK_BYTES = 1 << 16;

/** @throws AgentError `PVD_ERR_TRACE_*` `PVD_ERR_NDJSON` */
export function* envelopesOf(
  file: string,
  onProblem: (problem: TraceProblem) => void,
): Generator<Envelope> {
  if (isNdjson(file)) {
    yield* ndjsonEnvelopes(file);
    return;
  }
  const pipeline = createPipeline();
  for (const records of readBatches(file, onProblem)) {
    for (const record of records) yield* step(pipeline, record);
  }
  yield* finish(pipeline);
}

/** Envelopes as lines, not a trace. */
export function isNdjson(file: string): boolean {
  return firstByte(file) === 0x7b;
}

/** A file that cannot be read is left to whoever reads it next to complain about. */
function firstByte(file: string): number | undefined {
  try {
    const fd = openSync(file, 'r');
    const bytes = Buffer.alloc(1);
    const got = readSync(fd, bytes);
    closeSync(fd);
    return got === 1 ? bytes[0] : undefined;
  } catch {
    return undefined;
  }
}

function* ndjsonEnvelopes(file: string): Generator<Envelope> {
  let number = 0;
  for (const line of lines(file)) {
    number++;
    if (line !== '') yield parseEnvelope(line, `${file}:${number}`);
  }
}

function parseEnvelope(line: string, place: string): Envelope {
  try {
    const value = JSON.parse(line) as Envelope;
    if (value.v === 1 && typeof value.kind === 'string' && typeof value.data === 'object') {
      return value;
    }
  } catch {
    // told below
  }
  throw new AgentError({
    code: 'PVD_ERR_NDJSON',
    op: `read ${place}`,
    message: `${place}: no envelope of this version`,
    hint: 'a trace, or the output of `run`, `record` or `replay` with --format ndjson, is needed',
    exitCode: EXIT.usage,
  });
}

function* lines(file: string): Generator<string> {
  const fd = openSync(file, 'r');
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const decoder = new TextDecoder();
    let rest = '';
    for (let got = readSync(fd, chunk); got > 0; got = readSync(fd, chunk)) {
      const all = (rest + decoder.decode(chunk.subarray(0, got), { stream: true })).split('\n');
      rest = all.pop() ?? '';
      if (rest.length > LINE_MAX) return;
      yield* all;
    }
    if (rest !== '') yield rest;
  } finally {
    closeSync(fd);
  }
}
