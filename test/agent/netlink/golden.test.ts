import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { DECODERS, GOLDEN_DIR, GOLDEN_FILES, readGolden } from './golden.ts';

const UPDATE = process.env['UPDATE_GOLDEN'] === '1';

/** As JSON has it: 64-bit values are text with an `n`, what is undefined is left out. */
function plain(values: readonly unknown[]): string {
  const text = (_: string, value: unknown): unknown =>
    typeof value === 'bigint' ? `${value}n` : value;
  return `${JSON.stringify(values, text, 2)}\n`;
}

for (const [file, decoder] of Object.entries(GOLDEN_FILES)) {
  test(`${file}: what the kernel sent becomes the same events`, () => {
    const golden = readGolden(file);
    assert.ok(golden.messages.length > 0);
    const decode = DECODERS[decoder];
    assert.ok(decode);
    const actual = plain(golden.messages.map((message) => decode(message, golden)));
    const path = new URL(`${file}.json`, GOLDEN_DIR);
    if (UPDATE) writeFileSync(path, actual);
    assert.deepEqual(JSON.parse(actual), JSON.parse(readFileSync(path, 'utf8')));
  });
}
