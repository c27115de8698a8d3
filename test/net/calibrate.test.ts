/** Calibration finds what the case tables' own questions find, and leaves nothing. Needs root. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { calibrate } from '../../agent/calibrate/calibrate.ts';
import { askHere, calibrationJobs, traitsOf } from '../case/kernel.ts';

test('what is found is what other questions find', async () => {
  const traits = traitsOf(await askHere(calibrationJobs()));
  const { oifMatchShortcut, nhgrpScanAll, mip6, ruleL3Master } = await calibrate();
  assert.deepEqual(
    { oifMatchShortcut, nhgrpScanAll, mip6, ruleL3Master },
    {
      oifMatchShortcut: traits.new,
      nhgrpScanAll: traits.new,
      mip6: traits.mip6,
      ruleL3Master: traits.vrf ? traits.rulel3 : undefined,
    },
  );
});

test('it says the same again, and no process of it is left', async () => {
  const children = (): string =>
    execFileSync('ps', ['-o', 'args=', '--ppid', `${process.pid}`], { encoding: 'utf8' });
  assert.deepEqual(await calibrate(), await calibrate());
  assert.doesNotMatch(children(), /unshare|read x/);
});

test('without the tools nothing is found, and nothing is thrown', async () => {
  const { PATH } = process.env;
  process.env['PATH'] = '/nowhere';
  try {
    assert.deepEqual(await calibrate(), {});
  } finally {
    process.env['PATH'] = PATH;
  }
});
