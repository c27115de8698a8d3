/**
 * An agent that starts when everything is there already shows what one shows that was there
 * first, and says what it cannot know.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readTrace } from '../../agent/trace/reader.ts';
import { decodeRecord } from '../../src/decode/record.ts';
import { createPipeline, step } from '../../src/pipeline.ts';
import { presentSnapshot, type SnapshotJson } from '../../src/state/present.ts';
import { guestSaid } from './guest-said.ts';
import { differences } from './same-state.ts';

const GUEST = fileURLToPath(new URL('./late-start-guest.js', import.meta.url));

interface Trace {
  readonly records: readonly Uint8Array[];
  readonly host: bigint;
  /** When the dump of the host's namespace was complete, if there was one. */
  readonly dumpedNs: bigint | undefined;
}

function timeOf(record: Uint8Array): bigint {
  return new DataView(record.buffer, record.byteOffset).getBigUint64(0, true);
}

function load(path: string): Trace {
  const records = [...readTrace(path, (problem) => assert.fail(JSON.stringify(problem)))];
  const events = records.map((record) => decodeRecord(record));
  const host = events.find(
    (e) => e.kind === 'agent-netns' && e.name.endsWith('-host'),
  )?.netnsCookie;
  assert.ok(host, `${path} knows no host`);
  const dumped = events.find((e) => e.kind === 'dump-end' && e.netnsCookie === host);
  return { records, host, dumpedNs: dumped?.tsNs };
}

/** What a trace knows of the host at `tsNs`. */
function stateAt({ records, host }: Trace, tsNs: bigint): SnapshotJson {
  const pipeline = createPipeline();
  for (const record of records) if (timeOf(record) <= tsNs) step(pipeline, record);
  const snapshot = pipeline.world.netns.get(host);
  assert.ok(snapshot);
  return presentSnapshot(snapshot);
}

function lastOf({ records }: Trace): bigint {
  return timeOf(records.at(-1) ?? assert.fail('no record'));
}

interface Attributed {
  readonly name: string;
  readonly pvd: string | null;
  readonly reason: string;
}

function attributions({ tables }: SnapshotJson): Attributed[] {
  const routes = tables.route.map((r) => ({
    ...r,
    name: `${r.table} ${r.dst}/${r.dstLen} ${r.id}`,
  }));
  const addresses = tables.address.map((a) => ({ ...a, name: `${a.ifindex} ${a.addr}` }));
  return [...addresses, ...routes]
    .map(({ name, attribution: { pvd, reason } }) => ({ name, pvd: pvd ?? null, reason }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

for (const kernelName of ['debian:6.1', 'debian:6.12', 'debian:7.2']) {
  describe(`a late start on ${kernelName}`, () => {
    const dir = mkdtempSync(join(tmpdir(), 'pvdscope-late-start-'));
    let early: Trace;
    let late: Trace;
    /** Routers are silent, and the second agent has heard none. */
    let silentNs = 0n;
    /** The second agent has heard every router. */
    let endNs = 0n;

    before(async () => {
      const text = await guestSaid({ kernel: kernelName, args: [GUEST, dir], timeoutMs: 900_000 });
      const { codes, scenario, said } = JSON.parse(text.slice(text.indexOf('{"codes"')));
      assert.equal(scenario, 0, said.lab);
      assert.deepEqual(codes, [0, 0], `${said.early}${said.late}`);
      early = load(join(dir, 'early.pcapng'));
      late = load(join(dir, 'late.pcapng'));
      assert.equal(late.host, early.host);
      silentNs = late.dumpedNs ?? 0n;
      endNs = lastOf(early);
      if (lastOf(late) < endNs) endNs = lastOf(late);
    });
    after(() => rmSync(dir, { recursive: true, force: true }));

    it('knows its start state whole', () => {
      for (const state of [stateAt(early, silentNs), stateAt(late, silentNs)]) {
        const { seeded, missing, lostNs } = state;
        assert.deepEqual({ seeded, missing, lostNs }, { seeded: true, missing: [], lostNs: null });
        assert.ok(state.tables.route.length > 25, `${state.tables.route.length} routes`);
        assert.ok(state.tables.address.length > 8, `${state.tables.address.length} addresses`);
      }
    });

    it('shows the same state, lifetimes included', () => {
      const [first, second] = [stateAt(early, silentNs), stateAt(late, silentNs)];
      const { tables } = first;
      assert.deepEqual(differences({ ...first, tables: { ...tables, pvd: [] } }, second), []);
    });

    it('says that it does not know which RA made what, where the first one knows', () => {
      const first = attributions(stateAt(early, silentNs));
      const second = attributions(stateAt(late, silentNs));
      const expected = first.map(({ name, pvd, reason }) => {
        if (pvd === null) return { name, pvd, reason };
        const derived = reason.startsWith('derived:') ? 'derived:' : '';
        return { name, pvd: null, reason: `${derived}learned-before-start` };
      });
      assert.ok(first.filter(({ pvd }) => pvd !== null).length > 12, 'too few belong to a PvD');
      assert.deepEqual(second, expected);
    });

    it('knows the PvDs once it has heard each router, and says that it infers', () => {
      const [first, second] = [stateAt(early, endNs), stateAt(late, endNs)];
      assert.equal(second.tables.pvd.length, 2);
      assert.deepEqual(differences(first, second), []);
      const expected = attributions(first).map(({ name, pvd, reason }) => ({
        name,
        pvd,
        reason: pvd === null ? reason : reason.replace(/(ra-\w+)/, 'inferred:$1'),
      }));
      assert.deepEqual(attributions(second), expected);
    });

    it('both know group and table of a VRF, made before the one and after the other', () => {
      for (const state of [stateAt(early, silentNs), stateAt(late, silentNs)]) {
        const links = new Map(state.tables.link.map((link) => [link.name, link]));
        const { isL3Master, l3mdevTable, group, ifindex } = links.get('vrf9') ?? {};
        assert.deepEqual(
          { isL3Master, l3mdevTable, group },
          {
            isL3Master: true,
            l3mdevTable: 9,
            group: 3,
          },
        );
        const red = links.get('red');
        assert.deepEqual([red?.master, red?.group, red?.l3mdevTable], [ifindex, 7, 0]);
      }
    });
  });
}
