/** Decisions per second of the traced host's clock, by verdict. */

import type { Envelope } from '../../src/publish/envelope.ts';
import { secOf } from './time.ts';

/** In the order they are drawn and told. */
export const RATE_WORDS = ['diverge', 'undecided', 'raced', 'agree'] as const;
export type RateWord = (typeof RATE_WORDS)[number];

export interface Rate {
  agree: number;
  raced: number;
  diverge: number;
  undecided: number;
  /** Decisions with a finding, of whatever verdict. */
  findings: number;
}

/** By second; at most {@link RATE_SECONDS_MAX}. */
export type Rates = Map<number, Rate>;

export const RATE_SECONDS_MAX = 1200;

export function rateWord({ data }: Envelope<'decision'>): RateWord {
  const { verdict } = data;
  return verdict.verdict === 'agree' && verdict.raced ? 'raced' : verdict.verdict;
}

export function countRate(rates: Rates, envelope: Envelope<'decision'>): void {
  const sec = secOf(envelope.tsNs);
  let rate = rates.get(sec);
  if (rate === undefined) {
    rate = { agree: 0, raced: 0, diverge: 0, undecided: 0, findings: 0 };
    rates.set(sec, rate);
    if (rates.size > RATE_SECONDS_MAX) rates.delete(Math.min(...rates.keys()));
  }
  rate[rateWord(envelope)]++;
  if (envelope.data.findings.length > 0) rate.findings++;
}

/** The seconds from `from` to `to` merged into at most `max` columns of equal width. */
export function rateColumns(
  rates: Rates,
  from: number,
  to: number,
  max: number,
): { readonly widthSec: number; readonly columns: readonly Rate[] } {
  const widthSec = Math.max(1, Math.ceil((to - from + 1) / max));
  const columns: Rate[] = [];
  for (let at = from; at <= to; at += widthSec) {
    const sum: Rate = { agree: 0, raced: 0, diverge: 0, undecided: 0, findings: 0 };
    for (let sec = at; sec < at + widthSec && sec <= to; sec++) {
      const rate = rates.get(sec);
      if (rate === undefined) continue;
      for (const key of Object.keys(sum) as (keyof Rate)[]) sum[key] += rate[key];
    }
    columns.push(sum);
  }
  return { widthSec, columns };
}
