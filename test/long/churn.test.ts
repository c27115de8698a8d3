/** No false alarm while everything changes: `scripts/test long`; figures in docs/verification.md. */

import { checkChurn } from '../vm/churn-run.ts';

for (const kernel of ['debian:6.1', 'debian:6.12', 'debian:7.2']) {
  checkChurn(kernel, { seconds: 40, seed: 1, changesPerSecond: 100, talkers: 2 });
}
