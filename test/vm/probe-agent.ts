/** A probe that runs until it is told to end; for those who kill it. Prints what it saw. */

import { openProbe } from '../../agent/probe/probe.ts';
import { decodeRecord } from '../../src/decode/record.ts';

const kinds = new Map<string, number>();
const probe = await openProbe({
  ringBytes: 4 << 20,
  onRecord(bytes, offset, len) {
    const { kind, netnsCookie } = decodeRecord(bytes, offset, len);
    const key = `${kind} ${netnsCookie}`;
    kinds.set(key, (kinds.get(key) ?? 0) + 1);
  },
  onError(error) {
    throw error;
  },
});
probe.start();
process.stdout.write('ready\n');
process.once('SIGINT', () => {
  probe.stop();
  const lost = Object.values(probe.lossByKind()).reduce((sum, n) => sum + n, 0);
  probe.close();
  process.stdout.write(`${JSON.stringify({ kinds: Object.fromEntries(kinds), lost })}\n`);
  process.exit();
});
setInterval(() => {}, 1000);
