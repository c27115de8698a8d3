/** Decisions per second by verdict, as stacked bars; each verdict has its own hatching too. */

import type { VNode } from 'preact';
import { RATE_WORDS, type Rate, type Rates, rateColumns } from '../rates.ts';

const WIDTH = 720;
const HEIGHT = 96;
const COLUMNS_MAX = 120;

export function RateChart({
  rates,
  from,
  to,
}: {
  readonly rates: Rates;
  /** Seconds of the traced host's clock. */
  readonly from: number;
  readonly to: number;
}): VNode {
  const { widthSec, columns } = rateColumns(rates, from, to, COLUMNS_MAX);
  const top = Math.max(1, ...columns.map(total));
  const step = WIDTH / Math.max(1, columns.length);
  const sums = RATE_WORDS.map((word) => [word, columns.reduce((n, c) => n + c[word], 0)] as const);
  const told = sums.map(([word, count]) => `${count} ${word}`).join(', ');
  return (
    <figure class="chart">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`Decisions in ${to - from + 1} s: ${told}`}
        preserveAspectRatio="none"
      >
        <Patterns />
        {columns.map((column, at) => (
          <Bar key={from + at * widthSec} rate={column} x={at * step} width={step} top={top} />
        ))}
      </svg>
      <figcaption>
        up to {Math.ceil(top / widthSec)}/s over {to - from + 1} s:{' '}
        {sums.map(([word, count]) => (
          <span key={word} class={`key ${word}`}>
            {count} {word}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function total(rate: Rate): number {
  return RATE_WORDS.reduce((sum, word) => sum + rate[word], 0);
}

function Bar({
  rate,
  x,
  width,
  top,
}: {
  readonly rate: Rate;
  readonly x: number;
  readonly width: number;
  readonly top: number;
}): VNode {
  let y = HEIGHT;
  const parts = RATE_WORDS.flatMap((word) => {
    if (rate[word] === 0) return [];
    const height = Math.max(2, (rate[word] / top) * (HEIGHT - 4));
    y -= height;
    return [
      <rect key={word} class={`fill ${word}`} x={x} y={y} width={width * 0.9} height={height} />,
    ];
  });
  return <g>{parts}</g>;
}

/** Hatchings, for who cannot tell the colours apart. */
function Patterns(): VNode {
  return (
    <defs>
      <pattern id="hatch-diverge" width="5" height="5" patternUnits="userSpaceOnUse">
        <rect class="ground" width="5" height="5" />
        <path class="line" d="M0 5L5 0" />
      </pattern>
      <pattern id="hatch-undecided" width="4" height="4" patternUnits="userSpaceOnUse">
        <rect class="ground" width="4" height="4" />
        <circle class="dot" cx="2" cy="2" r="1" />
      </pattern>
    </defs>
  );
}
