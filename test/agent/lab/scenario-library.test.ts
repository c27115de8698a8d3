/** The library of scenarios: each can be loaded, expects something, and is told apart. */

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadScenario } from '../../../agent/lab/scenario-file.ts';
import { PACKAGE_ROOT } from '../../../agent/paths.ts';

const DIR = join(PACKAGE_ROOT, 'test/scenarios');
const FILES = readdirSync(DIR).filter((file) => file.endsWith('.yaml'));
const SCENARIOS = FILES.map((file) => loadScenario(join(DIR, file)).scenario);

test('at least 40 scenarios, each with a name of its own and a sentence about it', () => {
  assert.ok(FILES.length >= 40, `${FILES.length}`);
  assert.equal(new Set(SCENARIOS.map(({ name }) => name)).size, FILES.length);
  assert.deepEqual(
    SCENARIOS.filter(({ about = '' }) => about.length < 20).map(({ name }) => name),
    [],
  );
});

test('each makes the kernel do something and expects what comes of it', () => {
  for (const { name, expect, actions } of SCENARIOS) {
    assert.ok(actions.length > 0, name);
    const positive = expect.filter((e) => !('when' in e && e.when === 'never'));
    assert.ok(positive.length > 0, name);
    for (const e of expect) assert.ok(e.in !== undefined || 'finding' in e, `${name}: ${e.name}`);
  }
});

test('addresses are the same in every run: the host has fixed link-layer addresses', () => {
  const loose = SCENARIOS.filter(({ namespaces }) =>
    Object.entries(namespaces['host']?.interfaces ?? {}).some(
      ([dev, { link, mac }]) => dev !== 'lo' && link !== undefined && mac === undefined,
    ),
  );
  // The main job is run as a user would write it.
  assert.deepEqual(
    loose.map(({ name }) => name),
    ['main job'],
  );
});
