/** A reproducer makes its state again: the running kernel then answers as the model allows. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { calibrate } from '../../agent/calibrate/calibrate.ts';
import { reproducerScript } from '../../agent/command/reproducer-script.ts';
import { LINUX, withQuirks } from '../../src/model/profile.ts';
import type { Query } from '../../src/model/query.ts';
import { type Reproducer, reproducerOf } from '../../src/reproducer.ts';
import { stateOf } from '../case/answer.ts';
import { parseAsk, toQuery } from '../case/ask.ts';
import { toSnapshot } from '../case/ip-state.ts';
import { askHere, calibrationJobs, traitsOf } from '../case/kernel.ts';
import { habitsOf, isAbout, quirksOf, readTable, TABLES } from '../case/model-case.ts';

const dir = mkdtempSync(join(tmpdir(), 'pvdscope-reproducer-'));
after(() => rmSync(dir, { recursive: true }));
const traits = traitsOf(await askHere(calibrationJobs()));
const quirks = { ...(await calibrate()), ...quirksOf(traits) };
const profile = withQuirks(LINUX, quirks);

interface Run {
  readonly code: number | null;
  readonly said: string;
}

let scripts = 0;

function run(reproducer: Reproducer): Promise<Run> {
  const file = join(dir, `${scripts++}.sh`);
  writeFileSync(file, reproducerScript(reproducer, ['a test']));
  const child = spawn('sh', [file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, said }));
  });
}

/** What a table row says, as a reproducer of one of its questions. */
function reproduce(text: string, question: string): Reproducer {
  const { state } = stateOf(text, habitsOf(traits));
  const query = toQuery(parseAsk(question), state, state.nowNs);
  const given = { query: query as Query, state: toSnapshot(state), profile };
  return reproducerOf({ ...given, removed: state.deleted });
}

/** Nothing of ip(8) makes what they are about, or this kernel lacks it. */
const CANNOT = /find_saddr/;

const rows = TABLES.flatMap(readTable)
  .filter((row) => isAbout(row, quirks) && !CANNOT.test(row.state))
  .flatMap((row) => {
    // Every third one of those the fuzz found.
    if (/^[FG]\d+/.test(row.id) && Number(row.id.slice(1)) % 3 !== 0) return [];
    const [question] = Object.keys(row.ask).filter((text) => /^get (?!.* iif)/.test(text));
    return question === undefined ? [] : [{ row, question }];
  });

describe('a row of the tables, made again', { concurrency: 4 }, () => {
  for (const { row, question } of rows) {
    it(`${row.id}: ${row.why}: ${question}`, async (t) => {
      const { code, said } = await run(reproduce(row.state, question));
      if (code === 4 && /Unknown device type/.test(said)) t.skip('no VRF');
      else assert.equal(code, 0, said);
    });
  }
});

/** Found with it: a prefix that lost its plain route hides its source-specific one. */
const HIDDEN = `
  route add P:9::/48 via fe80::1 dev A
  route add P:9::/48 from P:2::/64 via fe80::1 dev B
  route add P:9:1::/64 via fe80::1 dev A
  route add ::/0 via fe80::1 dev C
  route del P:9::/48 via fe80::1 dev A`;

describe('a kernel that does not do what is allowed', () => {
  it('fails, with the answer it gives, and passes where that is allowed too', async () => {
    const reproducer = reproduce(HIDDEN, 'get P:9:4::1 from P:2::1');
    const { allowed } = reproducer;
    const ideal = allowed.filter((answer) => 'dev' in answer && answer.dev === 'B');
    assert.equal(ideal.length, 1);
    const { code, said } = await run({ ...reproducer, allowed: ideal });
    assert.match(said, /^# the kernel says: dev C via fe80::1/m);
    assert.match(said, /^FAIL: /m);
    assert.equal(code, 1, said);
    assert.equal((await run(reproducer)).code, 0);
  });

  it('passes without the route that was there before', async () => {
    const { state } = stateOf(HIDDEN, habitsOf(traits));
    const query = toQuery(parseAsk('get P:9:4::1 from P:2::1'), state, 0n);
    const fresh = reproducerOf({ query, state: toSnapshot(state), profile, removed: [] });
    const ideal = fresh.allowed.filter((answer) => 'dev' in answer && answer.dev === 'B');
    const { code, said } = await run({ ...fresh, allowed: ideal });
    assert.equal(code, 0, said);
  });
});

describe('a script', () => {
  const EVIL = ['$(a>0)', "';a>0;'", '\u001b[2J', '-h', '*', 'dev', 'ä`a`'];
  for (const name of EVIL) {
    it(`quotes the device ${JSON.stringify(name)}`, async () => {
      const { state } = stateOf('route add ::/0 via fe80::1 dev A', habitsOf(traits));
      for (const link of state.links.values()) {
        if (link.name === 'A') state.links.set(link.ifindex, { ...link, name });
      }
      const query = toQuery(parseAsk('get P:9::1'), state, 0n);
      const { code, said } = await run(
        reproducerOf({ query, state: toSnapshot(state), profile, removed: [] }),
      );
      assert.equal(code, 0, said);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      assert.doesNotMatch(said, /\u001b/);
    });
  }

  it('skips where no answer is known to be right, and where the state cannot be made', async () => {
    const reproducer = reproduce('route add ::/0 via fe80::1 dev A', 'get P:9::1');
    assert.equal((await run({ ...reproducer, allowed: [] })).code, 4);
    const words = ['ip', 'link', 'set', 'dev', 'gone', 'up'];
    const steps = [...reproducer.steps, { step: 'run', how: 'must', words } as const];
    assert.equal((await run({ ...reproducer, steps })).code, 4);
  });
});
