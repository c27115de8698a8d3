/** Loss is honest; the other kernels: `scripts/test long`. */

import { checkLoss } from './loss-run.ts';

checkLoss('debian:6.12');
