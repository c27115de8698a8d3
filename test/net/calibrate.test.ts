/** Calibration finds what the case tables' own questions find, and leaves nothing. Needs root. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { calibrate } from '../../agent/calibrate/calibrate.ts';
import { askFresh } from '../../agent/calibrate/fresh-netns.ts';
import { hasRouterPref } from '../../agent/calibrate/kernel-config.ts';
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

test('router preferences: what the setting tells is what a lookup shows', async () => {
  const [answer] = await askFresh(
    ['-6'],
    [
      ...['A', 'B'].flatMap((name) => [
        `link add ${name} type veth peer name p${name}`,
        `link set p${name} up`,
        `link set ${name} up`,
      ]),
      'route add 2001:db8:3::/48 dev A pref low',
      'route append 2001:db8:3::/48 dev B pref high',
      'route get 2001:db8:3::1',
    ],
  );
  assert.equal((await calibrate()).routerPref, answer?.dev === 'B');
});

test('it says the same again, and no process of it is left', async () => {
  const children = (): string =>
    execFileSync('ps', ['-o', 'args=', '--ppid', `${process.pid}`], { encoding: 'utf8' });
  assert.deepEqual(await calibrate(), await calibrate());
  assert.doesNotMatch(children(), /unshare|read x/);
});

test('without the tools only what the kernel tells is found, and nothing is thrown', async () => {
  const { PATH } = process.env;
  process.env['PATH'] = '/nowhere';
  try {
    assert.deepEqual(await calibrate(), { routerPref: hasRouterPref() });
  } finally {
    process.env['PATH'] = PATH;
  }
});
