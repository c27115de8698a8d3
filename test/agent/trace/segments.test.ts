/** Traces that are compressed, and traces in several files. */

import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { readTrace, type TraceProblem } from '../../../agent/trace/reader.ts';
import { segmentPath, segmentsOf } from '../../../agent/trace/segments.ts';
import { createTrace, type TraceOptions } from '../../../agent/trace/writer.ts';
import type { RaDoneEvent } from '../../../src/decode/event.ts';
import { KIND, LAYOUT, OP } from '../../../src/decode/layout.gen.ts';
import { encodeRecord } from '../../../src/decode/record.ts';

const dir = mkdtempSync(join(tmpdir(), 'pvdscope-segments-'));
after(() => rmSync(dir, { recursive: true }));
const INFO = { hardware: 'x', os: 'x', application: 'x', realtimeOffsetNs: 0n };

function record(kind: number, fill: number, cookie = 0n, op = 0): Uint8Array {
  const bytes = new Uint8Array(200).fill(fill, LAYOUT.pvd_hdr.size);
  const view = new DataView(bytes.buffer);
  view.setUint16(LAYOUT.pvd_hdr.kind, kind, true);
  view.setBigUint64(LAYOUT.pvd_hdr.netns_cookie, cookie, true);
  view.setUint8(LAYOUT.pvd_hdr.op, op);
  return bytes;
}

const START = record(KIND.AGENT_START, 1);
const HOST = record(KIND.AGENT_NETNS, 2, 7n, OP.NEW);
const ROUTER = record(KIND.AGENT_NETNS, 3, 8n, OP.NEW);
const GONE = record(KIND.AGENT_NETNS, 4, 8n, OP.DEL);
const lookups = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => record(KIND.LOOKUP, (from + i) & 0xff));

function write(records: readonly Uint8Array[], file: string, options: TraceOptions): string {
  const path = join(dir, file);
  const trace = createTrace(path, INFO, options);
  for (const bytes of records) {
    trace.append(bytes);
    trace.flush();
  }
  trace.close();
  return path;
}

function read(path: string): { records: string[]; problems: TraceProblem[] } {
  const problems: TraceProblem[] = [];
  const records = hex([...readTrace(path, (p) => problems.push(p))]);
  return { records, problems };
}

const hex = (records: readonly Uint8Array[]): string[] =>
  records.map((r) => Buffer.from(r).toString('hex'));

const RUN = [START, HOST, ROUTER, ...lookups(10, 5), GONE, ...lookups(20, 5)];

test('compressed: any records survive the round trip, and take less', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 20 }),
      (records) => {
        const { records: back, problems } = read(write(records, 'c', { compress: true }));
        assert.deepEqual([back, problems], [hex(records), []]);
      },
    ),
    { numRuns: 50 },
  );
  const plain = readFileSync(write(lookups(0, 200), 'c', {})).length;
  assert.ok(readFileSync(write(lookups(0, 200), 'c', { compress: true })).length < plain / 2);
});

/** Three blocks of several records each. */
function compressed(): { bytes: Buffer; all: string[] } {
  const path = join(dir, 'damaged');
  const trace = createTrace(path, INFO, { compress: true });
  for (const [i, bytes] of RUN.entries()) {
    trace.append(bytes);
    if (i % 5 === 4) trace.flush();
  }
  trace.close();
  return { bytes: readFileSync(path), all: hex(RUN) };
}

test('compressed, cut at every byte: whole blocks are read, and of the last one what is there', () => {
  const { bytes, all } = compressed();
  let best = 0;
  for (let cut = bytes.indexOf('PVDSCOPE') + 40; cut < bytes.length; cut++) {
    writeFileSync(join(dir, 'cut'), bytes.subarray(0, cut));
    const { records, problems } = read(join(dir, 'cut'));
    assert.deepEqual(records, all.slice(0, records.length), `cut at ${cut}`);
    assert.ok(records.length >= best, `cut at ${cut} lost a record`);
    assert.deepEqual(
      problems.map(({ kind }) => kind),
      ['truncated'],
      `cut at ${cut}`,
    );
    best = records.length;
  }
  assert.equal(best, all.length);
});

test('compressed, a changed byte: never a wrong record, never silence, at most its block', () => {
  const { bytes, all } = compressed();
  const known = new Set(all);
  for (let at = bytes.indexOf('PVDSCOPE') - 8; at < bytes.length; at++) {
    const broken = Buffer.from(bytes);
    broken.writeUInt8((bytes[at] ?? 0) ^ 0x55, at);
    writeFileSync(join(dir, 'flip'), broken);
    let result: ReturnType<typeof read>;
    try {
      result = read(join(dir, 'flip'));
    } catch (error) {
      assert.match(`${(error as { code?: string }).code}`, /^PVD_ERR_TRACE_/, `byte ${at}`);
      continue;
    }
    assert.ok(
      result.records.every((r) => known.has(r)),
      `byte ${at} invented a record`,
    );
    if (result.records.length === all.length) continue;
    assert.ok(result.problems.length > 0, `byte ${at} lost a record silently`);
    assert.ok(result.records.length >= all.length - 5, `byte ${at} lost more than its block`);
  }
});

test('a block that claims to hold more than it may is not unpacked', () => {
  const { bytes } = compressed();
  const inflated = bytes.indexOf('PVDSCOPE') - 8 + 36;
  bytes.writeUInt32LE(0xffff_ffff, inflated);
  writeFileSync(join(dir, 'bomb'), bytes);
  const { records, problems } = read(join(dir, 'bomb'));
  assert.deepEqual([records.length, problems[0]?.kind], [RUN.length - 5, 'corrupt']);
});

test('in several files: together the run, each alone with its start and its namespaces', () => {
  let rotations = 0;
  const onRotate = () => {
    rotations++;
  };
  const path = write(RUN, 'r.pcapng', { rotateBytes: 1200, onRotate });
  const { records, problems } = read(path);
  assert.deepEqual([records, problems], [hex(RUN), []]);
  const files = segmentsOf(path);
  assert.equal(files.length, rotations + 1);
  assert.ok(files.length > 3);
  assert.equal(files[1]?.path, segmentPath(path, 2));
  const alone = files.map((file) => read(file.path).records);
  assert.deepEqual(alone[1]?.slice(0, 3), hex([START, HOST, ROUTER]));
  assert.deepEqual(alone.at(-1)?.slice(0, 2), hex([START, HOST]));
  assert.ok(!alone.at(-1)?.includes(hex([ROUTER])[0] ?? ''));
});

test('the newest are kept; what is missing is told, and the rest begins anew', () => {
  const path = write(RUN, 'k.pcapng', { rotateBytes: 1200, keep: 2 });
  assert.equal(segmentsOf(path).length, 2);
  const kept = read(path);
  assert.deepEqual(kept.records.slice(0, 2), hex([START, HOST]));
  assert.deepEqual(kept.records.slice(-3), hex(RUN.slice(-3)));
  const whole = write(RUN, 'm.pcapng', { rotateBytes: 1200 });
  rmSync(segmentPath(whole, 2));
  const { records, problems } = read(whole);
  assert.match(problems[0]?.message ?? '', /^m\.000003\.pcapng: what was between file 1 and this/);
  const again = records.indexOf(hex([START])[0] ?? '', 1);
  assert.ok(again > 0, 'the start stands again where the gap was');
});

test('files of two runs are not taken for one', () => {
  const one = write(RUN, 'a.pcapng', { rotateBytes: 1200 });
  const other = write(RUN, 'b.pcapng', { rotateBytes: 1200 });
  copyFileSync(segmentPath(other, 2), segmentPath(one, 2));
  const told = read(one).problems.map(({ message }) => message);
  assert.ok(told.some((message) => /of another run/.test(message)));
});

test('a new run removes what an earlier one of that name left', () => {
  const path = write([...RUN, ...RUN], 'n.pcapng', { rotateBytes: 1200 });
  write(RUN.slice(0, 3), 'n.pcapng', { rotateBytes: 1200 });
  assert.deepEqual(read(path).records, hex(RUN.slice(0, 3)));
});

test('compressed files, too', () => {
  const path = write(RUN, 'z.pcapng', { rotateBytes: 700, compress: true });
  assert.ok(segmentsOf(path).length > 1);
  assert.deepEqual(read(path), { records: hex(RUN), problems: [] });
});

/** An RA of `ifname` that the kernel processed, and the record of that. */
function ra(raId: bigint): Uint8Array[] {
  const message = Buffer.from('86000000400007080000000000000000', 'hex');
  const bytes = new Uint8Array(LAYOUT.pvd_ra.size + message.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(LAYOUT.pvd_hdr.kind, KIND.RA, true);
  view.setBigUint64(LAYOUT.pvd_ra.ra_id, raId, true);
  view.setUint16(LAYOUT.pvd_ra.msg_len, message.length, true);
  view.setUint16(LAYOUT.pvd_ra.cap_len, message.length, true);
  bytes.set(Buffer.from('eth9'), LAYOUT.pvd_ra.ifname);
  bytes.set(
    Buffer.from(
      `600000000010 3aff fe80${'00'.repeat(13)}01 ff02${'00'.repeat(13)}01`.replace(/ /g, ''),
      'hex',
    ),
    LAYOUT.pvd_ra.ip6,
  );
  bytes.set(message, LAYOUT.pvd_ra.data);
  const done: RaDoneEvent = {
    ...{ kind: 'ra-done', tsNs: 1n, netnsCookie: 7n, cpu: 0, seq: 0, lost: 0, hook: 'none' },
    ...{ op: 'none', softirq: true, truncated: false, raId, ifindex: 3, reachedDiscovery: true },
    ...{ processed: true, dropReason: undefined, acceptRa: 1, forwarding: 0 },
  };
  return [bytes, encodeRecord(done)];
}

test('a file that was begun and has no record yet is the end of the trace', () => {
  const path = write(RUN, 'e.pcapng', { rotateBytes: 1200 });
  const [first, last] = [segmentsOf(path)[0], segmentsOf(path).at(-1)];
  assert.ok(first && last);
  const section = readFileSync(first.path).subarray(0, readFileSync(first.path).readUInt32LE(4));
  for (const bytes of [new Uint8Array(0), section]) {
    writeFileSync(segmentPath(path, last.number + 1), bytes);
    const problems: string[] = [];
    const records = [...readTrace(path, ({ kind }) => problems.push(kind))];
    assert.equal(records.length, RUN.length);
    assert.deepEqual(problems, ['truncated']);
  }
});

test('RAs stand in each file with their interface, and tell what became of them', () => {
  const path = join(dir, 'ra.pcapng');
  const trace = createTrace(path, INFO, { rotateBytes: 1200 });
  for (const id of [1n, 2n, 3n]) {
    for (const bytes of [...ra(id), ...lookups(1, 8)]) trace.append(bytes);
    trace.flush();
  }
  trace.append(ra(4n)[0] as Uint8Array);
  trace.close();
  const texts = segmentsOf(path).map((file) => readFileSync(file.path, 'latin1'));
  assert.equal(texts.length, 4);
  // An interface is described so, a packet the other way round.
  for (const text of texts) assert.equal(text.split('ifindex 0, netns cookie 0').length, 2);
  assert.match(texts[0] ?? '', /valid; the kernel accepted it; record 0, netns cookie 0/);
  assert.match(texts[3] ?? '', /valid; what the kernel did with it is not known; record 30/);
});
