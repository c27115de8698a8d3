/** The line formats of `run`, `record` and `replay`. */

import type { Writable } from 'node:stream';
import { InvalidArgumentError, Option } from 'commander';
import { escapeJson } from '../../src/publish/escape.ts';
import { type Filter, parseFilter, splitFilterTerm } from '../../src/publish/filter.ts';
import { formatEnvelope } from '../../src/publish/text.ts';
import { createSink, type LineOf, type Sink, type SinkOptions } from './sink.ts';

export type LineFormat = 'text' | 'ndjson';

const LINES: Readonly<Record<LineFormat, LineOf>> = {
  text: formatEnvelope,
  ndjson: (envelope) => escapeJson(JSON.stringify(envelope)),
};

/** A sink that prints one line an envelope to `out`. */
export function createLineSink(format: LineFormat, out: Writable, options?: SinkOptions): Sink {
  return createSink(out, LINES[format], options);
}

/** `--format text|ndjson`. */
export function formatOption(): Option {
  return new Option('--format <format>', 'lines to read, or JSON').choices(['text', 'ndjson']);
}

/** `--filter FIELD=VALUE`, to be given any number of times; its value is a {@link Filter}. */
export function filterOption(): Option {
  const terms: (readonly [string, string])[] = [];
  return new Option(
    '--filter <field=value>',
    'only what matches: netns, pvd, pid, comm, prefix, kind (repeat for more)',
  ).argParser((value: string): Filter => {
    terms.push(splitFilterTerm(value));
    const parsed = parseFilter(terms);
    if (!parsed.ok) throw new InvalidArgumentError(parsed.message);
    return parsed.filter;
  });
}
