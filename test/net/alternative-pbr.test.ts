/** PvDs as policy-based routing on the running kernel: `compile` and `predict` agree. Needs root. */

import { askHere, calibrationJobs, traitsOf } from '../case/kernel.ts';
import { checkOnKernel } from './alternative-kernel.ts';

await checkOnKernel('pbr', traitsOf(await askHere(calibrationJobs())));
