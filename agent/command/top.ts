/** `pvdscope top`: the overview of a running agent in a terminal. */

import { Command } from 'commander';
import { createTop, type TopState, takeFrame } from '../../src/publish/top-state.ts';
import { formatTop } from '../../src/publish/top-text.ts';
import { AgentError, EXIT } from '../error.ts';
import { interrupted } from '../observe/interrupted.ts';
import type { AgentAddress } from '../serve/agent-address.ts';
import { followAgent } from '../serve/follow.ts';
import { DEFAULT_PORT } from '../serve/server.ts';
import { openScreen } from '../sink/screen.ts';
import { addressOf, type LiveFlags, liveOptions } from './live-flags.ts';

interface TopFlags extends LiveFlags {
  readonly once?: boolean;
}

/** Of decisions only divergences are sent: the totals tell of the others. */
const QUERY = { verdict: 'diverge', recent: '50' } as const;
const DRAW_MS = 1000;
/** Lines of PvDs and news without a terminal. */
const ROWS_ONCE = 10_000;
/** As a terminal in raw mode gives it. */
const CTRL_C = '\x03';
/** The greeting is over when nothing came for so long. */
const QUIET_MS = 300;

export function topCommand(): Command {
  const command = new Command('top')
    .description('the overview of a running agent, in a terminal; q ends it')
    .argument('[url]', 'where it serves', `http://127.0.0.1:${DEFAULT_PORT}/`)
    .option('--once', 'print it once, for scripts');
  return liveOptions(command).action(async (url: string, flags: TopFlags) => {
    const address = addressOf(url, flags);
    if (flags.once) await printOnce(address);
    else await show(address);
  });
}

function printOnce(address: AgentAddress): Promise<void> {
  const top = createTop();
  return new Promise((resolve, reject) => {
    let quiet: NodeJS.Timeout | undefined;
    const end = followAgent(address, QUERY, {
      onFrame(frame): void {
        takeFrame(top, frame);
        if (quiet === undefined) setTimeout(print, QUIET_MS * 10).unref();
        clearTimeout(quiet);
        quiet = setTimeout(print, QUIET_MS);
      },
      onLoss(error): void {
        end();
        clearTimeout(quiet);
        reject(error);
      },
    });
    let printed = false;
    function print(): void {
      end();
      if (printed) return;
      printed = true;
      const size = { columns: process.stdout.columns ?? 1000, rows: ROWS_ONCE };
      process.stdout.write(formatTop(top, 'live', top.tsNs, size).map(lineOf).join(''));
      resolve();
    }
  });
}

function lineOf(line: string): string {
  return `${line}\n`;
}

async function show(address: AgentAddress): Promise<void> {
  if (!process.stdout.isTTY) throw noTerminal();
  const top = createTop();
  let link = 'connecting';
  let heardMs = performance.now();
  let quit: () => void = () => {};
  const asked = new Promise<void>((resolve) => {
    quit = resolve;
  });
  const draw = (): void => screen.draw(formatTop(top, link, nowOf(top, heardMs), screen));
  const onKey = (key: string): void => {
    if (key.includes('q') || key.includes(CTRL_C)) quit();
  };
  const screen = openScreen(process.stdin, process.stdout, onKey, draw);
  const end = followAgent(address, QUERY, {
    onFrame(frame): void {
      takeFrame(top, frame);
      heardMs = performance.now();
      if (link === 'live') return;
      link = 'live';
      setTimeout(draw, 100);
    },
    onLoss({ message }): void {
      link = `OFFLINE, what is shown is old: ${message}`;
      draw();
    },
  });
  const timer = setInterval(draw, DRAW_MS);
  draw();
  await Promise.race([asked, interrupted()]);
  clearInterval(timer);
  end();
  screen.close();
}

/** Time of the traced host now, by its newest and what passed since. */
function nowOf({ tsNs }: TopState, heardMs: number): string {
  return (BigInt(tsNs) + BigInt(Math.round((performance.now() - heardMs) * 1e6))).toString();
}

function noTerminal(): AgentError {
  return new AgentError({
    code: 'PVD_ERR_USAGE',
    op: 'draw on the terminal',
    message: 'stdout is no terminal',
    hint: 'pvdscope top --once prints the overview once',
    exitCode: EXIT.usage,
  });
}
