/**
 * One boot of a kernel in which agents come and go while everything changes: nothing stays of the
 * one that is killed, none raises a false alarm, and what each knows is what is so.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MAIN } from '../../agent/paths.ts';
import { readTrace, type TraceProblem } from '../../agent/trace/reader.ts';
import { decodeRecord } from '../../src/decode/record.ts';
import { createPipeline, step } from '../../src/pipeline.ts';
import type { Envelope } from '../../src/publish/envelope.ts';
import { presentSnapshot, type SnapshotJson } from '../../src/state/present.ts';
import { guestSaid } from './guest-said.ts';
import { differences } from './same-state.ts';

const GUEST = fileURLToPath(new URL('./restart-guest.js', import.meta.url));
/** Emulated, on a busy machine. */
const TIMEOUT_MS = 1_500_000;
const IFA_F_DEPRECATED = 0x20;
const IFF_UP = 1;
/** Others come and go: some by name, those in which a starting agent finds out how the kernel is. */
const STAYING = ['near', 'far'];
/** Between what is told and what is in the file; emulated. */
const BEHIND_MAX_NS = 10_000_000_000n;

interface Facts {
  /** Exit codes of the second and the quiet one. */
  readonly codes: readonly (number | null)[];
  /** Programs, maps, links and BTF objects of the first one. */
  readonly held: readonly number[];
  /** From its end until none of them was left. */
  readonly goneMs: number;
}

interface Trace {
  readonly records: readonly Uint8Array[];
  readonly problems: readonly TraceProblem[];
  /** Cookie of a namespace by its name, and when its first dump was over. */
  readonly cookies: ReadonlyMap<string, bigint>;
  readonly dumpedNs: ReadonlyMap<bigint, bigint>;
}

type Decision = Extract<Envelope, { kind: 'decision' }>;

export function checkRestart(kernelName: string): void {
  describe(`${kernelName}: started, killed and started again under load`, {
    timeout: TIMEOUT_MS + 60_000,
  }, () => {
    const dir = mkdtempSync(join(tmpdir(), 'pvdscope-restart-'));
    after(() => rmSync(dir, { recursive: true, force: true }));
    let facts: Facts;
    let traces: Record<'first' | 'second' | 'quiet', Trace>;
    before(async () => {
      facts = await boot(kernelName, dir);
      const of = (name: string): Trace => load(join(dir, `${name}.pcapng`));
      traces = { first: of('first'), second: of('second'), quiet: of('quiet') };
    });
    const live = (name: string): string => readFileSync(join(dir, `${name}.ndjson`), 'utf8');

    it('leaves nothing in the kernel, killed or not', (t) => {
      const { held, goneMs } = facts;
      t.diagnostic(JSON.stringify({ programsMapsLinksBtf: held, goneMs }));
      // The guest waited until all of it was gone: it says so only then.
      assert.ok((held[0] ?? 0) > 50 && (held[1] ?? 0) > 5 && (held[2] ?? 0) > 50, String(held));
    });

    it('has recorded all but the last moment when it is killed', (t) => {
      const { problems, records } = traces.first;
      assert.deepEqual(
        problems.map(({ kind }) => kind),
        ['truncated'],
      );
      const told = live('first').split('\n').slice(0, -1);
      const replayed = envelopesOf(records).map((envelope) => JSON.stringify(envelope));
      const both = Math.min(told.length, replayed.length);
      assert.ok(both > 300, `${told.length} told, ${replayed.length} replayed`);
      for (let i = 0; i < both; i++) {
        assert.deepEqual(JSON.parse(told[i] ?? ''), JSON.parse(replayed[i] ?? ''));
      }
      const timeOf = (line = ''): bigint => BigInt((JSON.parse(line) as Envelope).tsNs);
      const behindNs = timeOf(told.at(-1)) - timeOf(replayed.at(-1));
      t.diagnostic(JSON.stringify({ told: told.length, replayed: replayed.length }));
      assert.ok(behindNs < BEHIND_MAX_NS, `${behindNs} ns behind`);
    });

    for (const name of ['first', 'second'] as const) {
      it(`the ${name} one raises no false alarm, and knows why it does not know`, (t) => {
        const all = decisionsIn(live(name));
        const known = all.filter((one) => isKnown(one, traces[name]));
        const [total, later] = [verdicts(all), verdicts(known)];
        t.diagnostic(JSON.stringify({ total, onceDumped: later }));
        assert.equal(total['diverge'], undefined, firstDivergences(all));
        const { agree = 0, ...open } = later;
        const undecided = Object.values(open).reduce((sum, n) => sum + n, 0);
        // What the kernel skipped is told, and what is undecided for it is not our doing.
        const isSmall = undecided * 1000 <= agree + 1000 || skippedIn(live(name));
        assert.ok(agree >= 80 && isSmall, JSON.stringify(later));
        // Before the dump nothing is known but what the hooks of a half-attached agent missed.
        const { agree: _, ...reasons } = total;
        const allowed = ['unknown-start-state', 'lost-records'];
        assert.deepEqual(
          Object.keys(reasons).filter((reason) => !allowed.includes(reason)),
          [],
        );
      });
    }

    it('the second one ends in order, and its trace says the same', () => {
      assert.deepEqual(traces.second.problems, []);
      assert.deepEqual(facts.codes, [0, 0]);
      const args = [MAIN, 'replay', '--format', 'ndjson', join(dir, 'second.pcapng')];
      const replay = spawnSync(process.execPath, args, { maxBuffer: 1 << 30 });
      assert.ok(replay.stdout.toString() === live('second'), 'the replay says something else');
      const stats = live('second')
        .split('\n')
        .findLast((line) => line.includes('"kind":"stats"'));
      const { drift, lost } = (JSON.parse(stats ?? '') as Extract<Envelope, { kind: 'stats' }>)
        .data;
      assert.equal(lost, 0);
      if (!skippedIn(live('second'))) assert.deepEqual(drift, {});
    });

    for (const netns of STAYING) {
      it(`the second one knows of ${netns} what one knows that comes when all is quiet`, (t) => {
        const cookie = traces.quiet.cookies.get(netns) ?? assert.fail(`no ${netns}`);
        const dumped = traces.quiet.dumpedNs.get(cookie) ?? assert.fail(`no dump of ${netns}`);
        const [one, other] = [traces.second, traces.quiet].map((trace) =>
          stateAt(trace, cookie, dumped),
        ) as [SnapshotJson, SnapshotJson];
        const rows = Object.entries(one.tables).map(([name, table]) => [name, table.length]);
        t.diagnostic(JSON.stringify(Object.fromEntries(rows)));
        assert.deepEqual(differences(comparable(one), comparable(other)), []);
      });
    }
  });
}

function load(path: string): Trace {
  const problems: TraceProblem[] = [];
  const records = [...readTrace(path, (problem) => problems.push(problem))];
  const cookies = new Map<string, bigint>();
  const dumpedNs = new Map<bigint, bigint>();
  for (const record of records) {
    const event = decodeRecord(record);
    if (event.kind === 'agent-netns') cookies.set(event.name, event.netnsCookie);
    const isWhole = event.kind === 'dump-end' && event.missing.length === 0;
    if (isWhole && !dumpedNs.has(event.netnsCookie)) {
      dumpedNs.set(event.netnsCookie, event.tsNs);
    }
  }
  return { records, problems, cookies, dumpedNs };
}

function envelopesOf(records: readonly Uint8Array[]): Envelope[] {
  const pipeline = createPipeline();
  return records.flatMap((record) => step(pipeline, record));
}

function stateAt({ records }: Trace, netns: bigint, tsNs: bigint): SnapshotJson {
  const pipeline = createPipeline();
  for (const record of records) {
    const at = new DataView(record.buffer, record.byteOffset).getBigUint64(0, true);
    if (at <= tsNs) step(pipeline, record);
  }
  const snapshot = pipeline.world.netns.get(netns) ?? assert.fail('not known');
  return presentSnapshot(snapshot);
}

/**
 * Without what one that comes later cannot know (RAs, since when an address is deprecated, that the
 * shares of paths are old), and what changes without a record (operstate, the carrier of a device
 * that is down).
 */
function comparable(state: SnapshotJson): SnapshotJson {
  const address = state.tables.address.map((row) =>
    (row.flags & IFA_F_DEPRECATED) === 0 ? row : { ...row, preferredUntil: null },
  );
  const link = state.tables.link.map(({ sharesStale: _, ...row }) => {
    const carrier = (row.flags & IFF_UP) !== 0 && row.carrier;
    return { ...row, operstate: 0, carrier };
  });
  return { ...state, tables: { ...state.tables, address, link, pvd: [] } };
}

function decisionsIn(ndjson: string): Decision[] {
  const lines = ndjson.split('\n').slice(0, -1);
  return lines
    .filter((line) => line.includes('"kind":"decision"'))
    .map((line) => JSON.parse(line) as Decision);
}

/** In one of the namespaces that stay, and made when that had been dumped. */
function isKnown({ netns, data }: Decision, { dumpedNs }: Trace): boolean {
  if (netns === null || !STAYING.includes(netns.name)) return false;
  const dumped = dumpedNs.get(BigInt(netns.cookie));
  return dumped !== undefined && BigInt(data.beginNs) > dumped;
}

/** Some runs of hooks were skipped (`__bpf_prog_enter_recur`). */
function skippedIn(ndjson: string): boolean {
  return ndjson.includes('"source":"skipped"');
}

/** How often each verdict was given, an undecided one by its reason. */
function verdicts(decisions: readonly Decision[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { data } of decisions) {
    const { verdict } = data;
    const name = verdict.verdict === 'undecided' ? verdict.reason : verdict.verdict;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** For whoever reads the failure. */
function firstDivergences(decisions: readonly Decision[]): string {
  const bad = decisions.filter(({ data }) => data.verdict.verdict === 'diverge');
  return bad
    .slice(0, 3)
    .map((one) => JSON.stringify(one))
    .join('\n');
}

async function boot(kernel: string, dir: string): Promise<Facts> {
  const said = await guestSaid({ kernel, args: [GUEST, dir], memMiB: 1536, timeoutMs: TIMEOUT_MS });
  const line = said.split('\n').find((one) => one.startsWith('{"codes"'));
  assert.ok(line, said);
  return JSON.parse(line) as Facts;
}
