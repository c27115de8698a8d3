/** Traces of earlier versions give the same records and the same output for ever. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PACKAGE_ROOT } from '../agent/paths.ts';
import { readTrace } from '../agent/trace/reader.ts';
import { decodeRecord } from '../src/decode/record.ts';
import { runVerb } from './agent/command/verb.ts';

const DIR = join(PACKAGE_ROOT, 'test/golden');
/** By trace: how many records it has, and the SHA-256 of them one after the other. */
const RECORDS: Readonly<Record<string, { scenario: string; count: number; digest: string }>> = {
  'one-router-v1': {
    scenario: 'one-router',
    count: 238,
    digest: '88705f1466e84fda07582232d5a8d48ebac3f419d8320a85648c6042f374d676',
  },
};

for (const [name, { scenario, count, digest }] of Object.entries(RECORDS)) {
  const trace = join(DIR, `${name}.pcapng`);
  const golden = (extension: string) => readFileSync(join(DIR, `${name}.${extension}`), 'utf8');

  test(`${name}: every record is read as it was written, and known`, () => {
    const hash = createHash('sha256');
    const strange: string[] = [];
    let records = 0;
    for (const record of readTrace(trace, ({ message }) => strange.push(message))) {
      hash.update(record);
      records++;
      if (decodeRecord(record).kind === 'unknown') strange.push(`record ${records}`);
    }
    assert.deepEqual(strange, []);
    assert.deepEqual([records, hash.digest('hex')], [count, digest]);
  });

  test(`${name}: replay and check say what they said`, async () => {
    const replay = await runVerb('replay', 'replayCommand', [trace]);
    assert.equal(replay.code, 0, replay.stderr);
    assert.equal(replay.stdout, golden('txt'));
    const file = join(PACKAGE_ROOT, 'test/scenarios', `${scenario}.yaml`);
    const check = await runVerb('check', 'checkCommand', [file, trace]);
    assert.equal(check.code, 0, check.stderr);
    assert.equal(check.stdout, golden('tap'));
  });
}
