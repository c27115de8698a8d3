/** Loss is honest on the kernels that test/vm does not try; figures in docs/verification.md. */

import { checkLoss } from '../vm/loss-run.ts';

for (const kernel of ['debian:6.1', 'debian:7.2']) checkLoss(kernel);
