/** PvDs as VRFs on the running kernel: `compile` and `predict` agree. Needs root and the vrf driver. */

import { test } from 'node:test';
import { askHere, calibrationJobs, traitsOf } from '../case/kernel.ts';
import { checkOnKernel } from './alternative-kernel.ts';

const traits = traitsOf(await askHere(calibrationJobs()));
if (traits.vrf) await checkOnKernel('vrf', traits);
else test('PvDs as VRFs', { skip: 'this kernel has no vrf driver' }, () => {});
