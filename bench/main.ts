/**
 * `npm run bench -- [model] [nd] [ra-flood] [replay] [ring] [serve] [start] [trace] [--json]`: a table, or one JSON object
 * a line {"name","value","unit"}.
 */

import { parseArgs } from 'node:util';
import { AgentError } from '../agent/error.ts';
import { type Figure, formatFigure } from './figure.ts';
import { modelFigures } from './model.ts';
import { ndFigures } from './nd.ts';
import { raFloodFigures } from './ra-flood.ts';
import { replayFigures } from './replay.ts';
import { ringFigures } from './ring.ts';
import { serveFigures } from './serve.ts';
import { startFigures } from './start.ts';
import { traceFigures } from './trace.ts';

const SUITES: Readonly<Record<string, (tell: (figure: Figure) => void) => Promise<void>>> = {
  model: modelFigures,
  nd: ndFigures,
  'ra-flood': raFloodFigures,
  replay: replayFigures,
  ring: ringFigures,
  serve: serveFigures,
  start: startFigures,
  trace: traceFigures,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false } },
});
const tell = (figure: Figure): void => {
  const line = values.json ? JSON.stringify(figure) : formatFigure(figure);
  process.stdout.write(`${line}\n`);
};
for (const name of positionals.length > 0 ? positionals : Object.keys(SUITES)) {
  const suite = SUITES[name];
  if (suite === undefined) {
    process.stderr.write(`bench: no suite ${name} (${Object.keys(SUITES).join(', ')})\n`);
    process.exit(2);
  }
  try {
    await suite(tell);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    process.stderr.write(`bench: ${error.message}\n  hint: ${error.hint ?? 'none'}\n`);
    process.exit(error.exitCode);
  }
}
