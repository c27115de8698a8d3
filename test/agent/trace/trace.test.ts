import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { AgentError } from '../../../agent/error.ts';
import { TRACE_VERSION } from '../../../agent/trace/pcapng.ts';
import { readTrace, type TraceProblem } from '../../../agent/trace/reader.ts';
import { removeTrace } from '../../../agent/trace/segments.ts';
import { createTrace } from '../../../agent/trace/writer.ts';
import { KIND, LAYOUT } from '../../../src/decode/layout.gen.ts';

const dir = mkdtempSync(join(tmpdir(), 'pvdscope-trace-'));
after(() => rmSync(dir, { recursive: true }));
const file = join(dir, 'a.pcapng');

const INFO = {
  hardware: 'x86_64',
  os: 'Linux 6.1.0',
  application: 'pvdscope 0',
  realtimeOffsetNs: 1_700_000_000_000_000_000n,
};

function record(kind: number, length: number, fill: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(fill);
  new DataView(bytes.buffer).setUint16(LAYOUT.pvd_hdr.kind, kind, true);
  return bytes;
}

/** An RA of fe80::1 with an MTU option. */
function ra(): Uint8Array {
  const message = Buffer.from('86000000400007080000000000000000' + '05010000000005dc', 'hex');
  const bytes = new Uint8Array(LAYOUT.pvd_ra.size + message.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, 5_000_000_007n, true);
  view.setBigUint64(8, 42n, true);
  view.setUint16(LAYOUT.pvd_hdr.kind, KIND.RA, true);
  view.setInt32(LAYOUT.pvd_ra.ifindex, 3, true);
  view.setUint16(LAYOUT.pvd_ra.msg_len, message.length, true);
  view.setUint16(LAYOUT.pvd_ra.cap_len, message.length, true);
  bytes.set(Buffer.from('eth\u001b'), LAYOUT.pvd_ra.ifname);
  bytes.set(
    Buffer.from(`60000000ffff00fffe80${'00'.repeat(13)}01ff02${'00'.repeat(13)}01`, 'hex'),
    LAYOUT.pvd_ra.ip6,
  );
  bytes.set(message, LAYOUT.pvd_ra.data);
  return bytes;
}

const RECORDS = [
  record(64, 61, 1),
  ra(),
  record(3, 128, 3),
  record(250, 40, 9),
  record(34, 243, 4),
];

function write(records: readonly Uint8Array[], path: string = file, flushEvery = 2): Buffer {
  const trace = createTrace(path, INFO);
  for (const [i, bytes] of records.entries()) {
    trace.append(bytes);
    if (i % flushEvery === flushEvery - 1) trace.flush();
  }
  trace.close();
  return readFileSync(path);
}

function read(bytes?: Uint8Array): { records: Uint8Array[]; problems: TraceProblem[] } {
  const path = bytes ? join(dir, 'b.pcapng') : file;
  if (bytes) writeFileSync(path, bytes);
  const problems: TraceProblem[] = [];
  return { records: [...readTrace(path, (p) => problems.push(p))], problems };
}

const hex = (records: readonly Uint8Array[]): string[] =>
  records.map((r) => Buffer.from(r).toString('hex'));

test('what was appended is read back byte for byte', () => {
  write(RECORDS);
  const { records, problems } = read();
  assert.deepEqual(hex(records), hex(RECORDS));
  assert.deepEqual(problems, []);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('any records survive the round trip', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 20 }),
      (records) => {
        write(records, file, 3);
        assert.deepEqual(hex(read().records), hex(records));
      },
    ),
    { numRuns: 50 },
  );
});

test('cut at every byte: all whole records are read and the cut is reported', () => {
  const whole = write(RECORDS);
  const all = hex(RECORDS);
  let best = 0;
  for (let cut = 0; cut < whole.length; cut++) {
    try {
      const { records, problems } = read(whole.subarray(0, cut));
      assert.deepEqual(hex(records), all.slice(0, records.length), `cut at ${cut}`);
      assert.ok(records.length >= best, `cut at ${cut} lost a record`);
      best = records.length;
      assert.deepEqual(
        problems.map((p) => p.kind),
        ['truncated'],
        `cut at ${cut}`,
      );
      assert.ok((problems[0]?.offset ?? -1) <= cut);
      const present = all.filter((r) => whole.subarray(0, cut).includes(Buffer.from(r, 'hex')));
      // An RA is in the file twice, as record and (other bytes) as packet: includes() sees the record.
      assert.equal(records.length, present.length, `cut at ${cut}`);
    } catch (error) {
      assert.ok(error instanceof AgentError && best === 0, `cut at ${cut}: ${error}`);
      assert.equal(error.code, 'PVD_ERR_TRACE_FORMAT');
    }
  }
  assert.equal(best, RECORDS.length);
});

test('a changed byte: never a wrong record, never silence', () => {
  const whole = write(RECORDS);
  const all = new Set(hex(RECORDS));
  for (let at = 12; at < whole.length; at++) {
    const bytes = Buffer.from(whole);
    bytes.writeUInt8((bytes[at] ?? 0) ^ 0x55, at);
    let result: ReturnType<typeof read>;
    try {
      result = read(bytes);
    } catch (error) {
      assert.ok(error instanceof AgentError, `byte ${at}: ${error}`);
      continue;
    }
    assert.ok(
      hex(result.records).every((r) => all.has(r)),
      `byte ${at} invented a record`,
    );
    if (result.records.length < RECORDS.length) {
      assert.ok(result.problems.length > 0, `byte ${at} lost a record silently`);
      assert.ok(result.records.length >= RECORDS.length - 2, `byte ${at} lost more than its block`);
    }
  }
});

test('a broken block is skipped and the rest is read', () => {
  const whole = write(RECORDS);
  const broken = Buffer.concat([
    whole.subarray(0, 300),
    Buffer.alloc(33, 0xee),
    whole.subarray(300),
  ]);
  const { records, problems } = read(broken);
  assert.ok(records.length >= RECORDS.length - 2);
  assert.equal(problems[0]?.kind, 'corrupt');
  assert.deepEqual(hex(records.slice(-1)), hex(RECORDS.slice(-1)));
});

test('a record that contains a records block does not fool the reader after damage', () => {
  const inner = write([record(1, 48, 7)], join(dir, 'inner'));
  const whole = write([RECORDS[0] as Uint8Array, new Uint8Array(inner), record(2, 48, 8)], file, 1);
  const at = whole.indexOf(inner);
  const bytes = Buffer.from(whole);
  bytes.writeUInt32LE(0x13, at - 8 - 32 + 4); // the length of the block that holds it
  const { records, problems } = read(bytes);
  assert.deepEqual(hex(records), hex([RECORDS[0] as Uint8Array, record(2, 48, 8)]));
  assert.equal(problems[0]?.kind, 'corrupt');
});

test('errors name the file, say why and what to do', () => {
  const code = (run: () => unknown): string => {
    try {
      run();
    } catch (error) {
      assert.ok(error instanceof AgentError && error.hint);
      return error.code;
    }
    return 'none';
  };
  const newer = write(RECORDS);
  const version = newer.indexOf('PVDSCOPE') + 16;
  newer.writeUInt16LE(TRACE_VERSION + 1, version);
  assert.equal(
    code(() => read(newer)),
    'PVD_ERR_TRACE_VERSION',
  );
  assert.equal(
    code(() => read(Buffer.from('not a trace at all'))),
    'PVD_ERR_TRACE_FORMAT',
  );
  assert.equal(
    code(() => read(Buffer.alloc(0))),
    'PVD_ERR_TRACE_FORMAT',
  );
  assert.equal(
    code(() => [...readTrace(join(dir, 'none'), () => {})]),
    'PVD_ERR_TRACE_READ',
  );
  assert.equal(
    code(() => [...readTrace(dir, () => {})]),
    'PVD_ERR_TRACE_READ',
  );
  assert.equal(
    code(() => createTrace(join(dir, 'no/such'), INFO)),
    'PVD_ERR_TRACE_WRITE',
  );
  assert.equal(
    code(() => createTrace('/dev/full', INFO)),
    'PVD_ERR_TRACE_WRITE',
  );
});

test('a full disk ends the recording and leaves whole blocks', () => {
  // RLIMIT_FSIZE stands for the disk; Node ignores SIGXFSZ, so the write fails with EFBIG.
  const writer = new URL('../../../agent/trace/writer.js', import.meta.url).href;
  const path = join(dir, 'full');
  const script = `
    const { createTrace } = await import(${JSON.stringify(writer)});
    process.on('SIGXFSZ', () => {});
    const trace = createTrace(${JSON.stringify(path)}, ${JSON.stringify({
      ...INFO,
      realtimeOffsetNs: 0,
    }).replace('"realtimeOffsetNs":0', '"realtimeOffsetNs":0n')});
    try { for (;;) trace.append(new Uint8Array(1000).fill(7)); }
    catch (e) { console.log(e.code); }
    try { trace.append(new Uint8Array(1)); } catch (e) { console.log(e.code); }
    try { trace.close(); } catch (e) { console.log(e.code); }`;
  const args = [
    '-c',
    'ulimit -f 200; exec "$0" --input-type=module -e "$1"',
    process.execPath,
    script,
  ];
  const run = spawnSync('bash', args, { encoding: 'utf8' });
  assert.deepEqual(run.stdout.trim().split('\n'), Array(3).fill('PVD_ERR_TRACE_WRITE'), run.stderr);
  const problems: TraceProblem[] = [];
  const records = [...readTrace(path, (p) => problems.push(p))];
  assert.ok(records.length > 50 && records.every((r) => r.length === 1000));
  assert.deepEqual(
    problems.map((p) => p.message.split(':')[0]),
    ['the trace was not closed'],
  );
});

test('a version of the future in the middle: what comes before is read, then it is an error', () => {
  const whole = write(RECORDS);
  const second = whole.indexOf('PVDSCOPE', whole.indexOf('PVDSCOPE') + 1);
  whole.writeUInt16LE(TRACE_VERSION + 1, second + 16);
  writeFileSync(file, whole);
  const seen: Uint8Array[] = [];
  assert.throws(
    () => {
      for (const one of readTrace(file, () => {})) seen.push(one);
    },
    { code: 'PVD_ERR_TRACE_VERSION' },
  );
  assert.deepEqual(hex(seen), hex(RECORDS.slice(0, 2)));
});

test('a read-only directory: told with what to do', (t) => {
  // Root may write everywhere but there.
  const writer = new URL('../../../agent/trace/writer.js', import.meta.url).href;
  const info = JSON.stringify({ ...INFO, realtimeOffsetNs: 0 }).replace(':0}', ':0n}');
  const script = `
    const { createTrace } = await import(${JSON.stringify(writer)});
    for (const options of [{}, { rotateBytes: 1 }]) {
      try { createTrace('${dir}/ro/t.pcapng', ${info}, options); }
      catch (e) { console.log(e.code, /EROFS/.test(e.message), e.hint); }
    }`;
  const steps = `mkdir -p ${dir}/ro && mount -t tmpfs -o ro tmpfs ${dir}/ro || exit 77
    exec "$0" --input-type=module -e "$1"`;
  const run = spawnSync('unshare', ['-m', 'sh', '-c', steps, process.execPath, script], {
    encoding: 'utf8',
  });
  if (run.error || run.status === 77) return t.skip('mounting is not allowed here');
  const line = 'PVD_ERR_TRACE_WRITE true the file system is read-only: record to another one\n';
  assert.equal(run.stdout, line + line, run.stderr);
  return undefined;
});

for (const options of [{}, { compress: true }, { rotateBytes: 300_000 }]) {
  test(`killed at any moment: what was flushed is there (${JSON.stringify(options)})`, async () => {
    const writer = new URL('../../../agent/trace/writer.js', import.meta.url).href;
    const path = join(dir, 'killed.pcapng');
    const info = JSON.stringify({ ...INFO, realtimeOffsetNs: 0 }).replace(':0}', ':0n}');
    const script = `
      const { createTrace } = await import(${JSON.stringify(writer)});
      const trace = createTrace(${JSON.stringify(path)}, ${info}, ${JSON.stringify(options)});
      const bytes = new Uint8Array(500);
      for (let i = 0; ; i++) {
        new DataView(bytes.buffer).setUint32(100, i);
        trace.append(bytes);
        if (i % 1000 === 999) { trace.flush(); process.stdout.write(i + 1 + '\\n'); }
        if (i % 10_000 === 0) await new Promise((r) => setImmediate(r));
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
    let flushed = '';
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk) => {
        flushed += chunk;
        if (flushed.split('\n').length > 20) child.kill('SIGKILL');
      });
      child.on('close', () => resolve());
    });
    const promised = Number(flushed.split('\n').at(-2));
    const problems: TraceProblem[] = [];
    let count = 0;
    for (const one of readTrace(path, (p) => problems.push(p))) {
      assert.equal(new DataView(one.buffer, one.byteOffset).getUint32(100), count++);
    }
    assert.ok(count >= promised && promised > 0, `${count} of ${promised}`);
    assert.deepEqual(
      problems.map(({ kind }) => kind),
      ['truncated'],
    );
    removeTrace(path);
  });
}

test('Wireshark shows the RA with its interface, time and checksum', (t) => {
  if (spawnSync('tshark', ['--version']).error) return t.skip('tshark is not installed');
  write(RECORDS);
  const fields = [
    'frame.interface_name',
    'frame.time_epoch',
    'ipv6.src',
    'icmpv6.opt.mtu',
    '_ws.malformed',
  ];
  const args = ['-r', file, '-T', 'fields', ...fields.flatMap((f) => ['-e', f])];
  const out = execFileSync('tshark', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  assert.equal(out.trimEnd(), 'eth\\x1b\t1700000005.000000007\tfe80::1\t1500');
  return undefined;
});
