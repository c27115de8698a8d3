/**
 * What of a run goes into a report, so that it can be mailed and opened whatever its length.
 *
 * Half of the room is for what made the state, else only its end is shown; an eighth for RAs;
 * the rest for decisions, those that diverge, are undecided or have findings before others, and
 * in each sort the newest first. What does not fit is counted.
 */

import type { Envelope } from '../../src/publish/envelope.ts';

/** Characters of JSON. */
export const REPORT_CHARS_MAX: number = 24 << 20;

export interface Selection {
  /** Lines of JSON, in the order of the run. */
  readonly lines: readonly string[];
  /** Envelopes that had no room. */
  readonly omitted: number;
  /** `seq` of the decisions in it, those that tell something first, the newest first in each sort. */
  readonly decisions: readonly number[];
}

export interface Selector {
  take(envelopes: readonly Envelope[]): void;
  /** `state`: the end of the run as snapshots, for when its way there has no room. */
  finish(state: () => readonly Envelope<'snapshot'>[]): Selection;
}

interface Line {
  readonly seq: number;
  readonly text: string;
}

/** The newest lines within a number of characters. */
interface Shelf {
  lines: Line[];
  chars: number;
  gone: number;
}

export function createSelector(charsMax: number = REPORT_CHARS_MAX): Selector {
  const state = shelf();
  const ras = shelf();
  const telling = shelf();
  const plain = shelf();
  let hello: Line | undefined;
  let stats: Line | undefined;
  return {
    take(envelopes): void {
      for (const envelope of envelopes) {
        const line = { seq: envelope.seq, text: JSON.stringify(envelope) };
        switch (envelope.kind) {
          case 'hello':
            hello = line;
            break;
          case 'stats':
            stats = line;
            break;
          case 'ra':
            put(ras, line, charsMax / 8);
            break;
          case 'decision':
            put(isTelling(envelope) ? telling : plain, line, charsMax);
            break;
          default:
            put(state, line, charsMax / 2);
        }
      }
    },
    finish(snapshots): Selection {
      const first = hello === undefined ? [] : [hello];
      const last = stats === undefined ? [] : [stats];
      if (state.gone > 0 || state.chars > charsMax / 2) {
        cut(state, 0);
        last.push(...lean(snapshots(), charsMax / 2));
      }
      cut(ras, charsMax / 8);
      const ends = last.reduce((sum, { text }) => sum + text.length, 0);
      let left = Math.max(0, charsMax - ras.chars - state.chars - ends);
      cut(telling, left);
      left -= telling.chars;
      cut(plain, left);
      const shelves = [state, ras, telling, plain];
      const middle = shelves.flatMap(({ lines }) => lines).sort((a, b) => a.seq - b.seq);
      return {
        lines: [...first, ...middle, ...last].map(({ text }) => text),
        omitted: shelves.reduce((sum, { gone }) => sum + gone, 0),
        decisions: [telling, plain].flatMap(({ lines }) => lines.map(({ seq }) => seq).reverse()),
      };
    },
  };
}

function isTelling({ data }: Envelope<'decision'>): boolean {
  return data.verdict.verdict !== 'agree' || data.verdict.raced || data.findings.length > 0;
}

function shelf(): Shelf {
  return { lines: [], chars: 0, gone: 0 };
}

function put(on: Shelf, line: Line, charsMax: number): void {
  on.lines.push(line);
  on.chars += line.text.length;
  // Cut to half at a time, so that it costs little for each line.
  if (on.chars > charsMax * 2) cut(on, charsMax);
}

/** Keeps the newest that fit. */
function cut(on: Shelf, charsMax: number): void {
  let from = 0;
  while (on.chars > charsMax && from < on.lines.length) {
    on.chars -= on.lines[from]?.text.length ?? 0;
    from++;
  }
  on.gone += from;
  on.lines = on.lines.slice(from);
}

/** Snapshots as they are when they fit, else without routes and neighbours of no PvD. */
function lean(snapshots: readonly Envelope<'snapshot'>[], charsMax: number): Line[] {
  const lines = snapshots.map((s) => ({ seq: s.seq, text: JSON.stringify(s) }));
  if (lines.reduce((sum, { text }) => sum + text.length, 0) <= charsMax) return lines;
  return snapshots.map((s) => {
    const route = s.data.tables.route.filter(({ attribution }) => attribution.pvd !== null);
    const tables = { ...s.data.tables, route, neighbour: [] };
    return { seq: s.seq, text: JSON.stringify({ ...s, data: { ...s.data, tables } }) };
  });
}
