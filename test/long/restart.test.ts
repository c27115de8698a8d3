/** Agents that come and go while everything changes; figures in docs/verification.md. */

import { checkRestart } from '../vm/restart-run.ts';

for (const kernel of ['debian:6.1', 'debian:6.12', 'debian:7.2']) checkRestart(kernel);
