/** Opening, configuring and loading objects, and every way that fails. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { AgentError } from '../../../agent/error.ts';
import { parseBtf } from '../../../agent/libbpf/btf.ts';
import { errnoName } from '../../../agent/libbpf/errno.ts';
import { BpfLoadError, guiltyProgram, usefulLine } from '../../../agent/libbpf/load-error.ts';
import { BpfObject, type GlobalValue } from '../../../agent/libbpf/object.ts';
import { testRun } from '../../../agent/libbpf/test-run.ts';
import { bpfRefused, context, ringFixture, ringObjectBytes } from './ring-object.ts';

const skip = bpfRefused();

describe('errno names', () => {
  for (const [errno, name] of [
    [1, 'EPERM'],
    [-1, 'EPERM'],
    [524, 'ENOTSUPP'],
    [4001, 'LIBBPF_ERRNO__FORMAT'],
    [9999, 'errno 9999'],
  ] as const) {
    it(`${errno} is ${name}`, () => assert.equal(errnoName(errno), name));
  }
});

describe('BTF', () => {
  const header = (fields: readonly number[]): Buffer => {
    const bytes = Buffer.alloc(40);
    bytes.writeUInt16LE(0xeb9f, 0);
    bytes.writeUInt8(1, 2);
    bytes.writeUInt32LE(24, 4);
    for (const [i, field] of fields.entries()) bytes.writeUInt32LE(field, 8 + 4 * i);
    return bytes;
  };
  const wrongKind = header([0, 12, 12, 1]);
  wrongKind.writeUInt32LE(31 << 24, 28);
  const cutStruct = header([0, 12, 12, 1]);
  cutStruct.writeUInt32LE((4 << 24) | 9, 28);
  for (const [name, bytes] of [
    ['empty', Buffer.alloc(0)],
    ['garbage', Buffer.alloc(64, 0x41)],
    ['types beyond the end', header([0, 1 << 20, 0, 1])],
    ['strings beyond the end', header([0, 0, 0, 1 << 20])],
    ['offsets that overflow', header([0xfffffff0, 0xfffffff0, 0xfffffff0, 0xfffffff0])],
    ['unknown kind', wrongKind],
    ['cut struct', cutStruct],
  ] as const) {
    it(`refuses: ${name}`, () => assert.throws(() => parseBtf(bytes), { code: 'PVD_ERR_BTF' }));
  }
});

describe('verifier log', () => {
  const log = [
    "libbpf: prog 'refused': BPF program load failed: Permission denied",
    "libbpf: prog 'refused': -- BEGIN PROG LOAD LOG --",
    '0: R1=ctx(off=0,imm=0) R10=fp0',
    "R1 invalid mem access 'scalar'",
    'processed 3 insns (limit 1000000) max_states_per_insn 0',
    '-- END PROG LOAD LOG --',
    "libbpf: prog 'refused': failed to load: -13",
    "libbpf: failed to load object 'x'",
  ].join('\n');
  it('names the program', () => assert.equal(guiltyProgram(log), 'refused'));
  it('finds the line that says why', () => {
    assert.equal(usefulLine(log), "R1 invalid mem access 'scalar'");
  });
  it('falls back to what libbpf said', () => {
    const missing = "libbpf: prog 'p': failed to find kernel BTF type ID of 'nope': -3";
    assert.equal(guiltyProgram(missing), 'p');
    assert.match(usefulLine(missing) ?? '', /^prog 'p': failed to find kernel BTF/);
    assert.equal(usefulLine(''), undefined);
  });
});

describe('libbpf missing', () => {
  it('is one clear error, and only at first use', () => {
    const script = `
      import { BpfObject } from ${JSON.stringify(import.meta.resolve('../../../agent/libbpf/object.js'))};
      console.log('imported');
      try { BpfObject.open(new Uint8Array(8), { name: 'x' }); }
      catch (error) { console.log(error.code, error.hint, error.exitCode); }`;
    const done = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, PVDSCOPE_LIBBPF: '/nonexistent/libbpf.so.1' },
      encoding: 'utf8',
    });
    assert.equal(done.stdout, 'imported\nPVD_ERR_LIBBPF apt install libbpf1 3\n', done.stderr);
  });
});

describe('BPF object', { skip }, () => {
  it('refuses garbage', () => {
    for (const bytes of [Buffer.from('garbage'), ringObjectBytes().subarray(0, 500)]) {
      assert.throws(() => BpfObject.open(bytes, { name: 'x' }), BpfLoadError);
    }
  });

  it('says nothing on stderr by itself', () => {
    const script = `
      import { BpfObject } from ${JSON.stringify(import.meta.resolve('../../../agent/libbpf/object.js'))};
      try { BpfObject.open(Buffer.from('garbage'), { name: 'x' }); }
      catch (error) { console.log(error.code); }`;
    const done = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    assert.equal(done.stdout, 'PVD_ERR_BPF_LOAD\n');
    assert.equal(done.stderr, '');
  });

  it('sets read-only globals by name, with their own size', () => {
    const fixture = ringFixture(4096, {
      wide: 0x1122334455667788n,
      narrow: true,
      list: new Uint8Array(Uint32Array.of(1, 2, 0xfffffffe, 4).buffer),
    });
    testRun(fixture.object.programFd('produce'), context(1));
    const offset = fixture.object.bssVariable('seen').offset / 8;
    assert.equal(fixture.totals.at(offset), 0x1122334455667788n);
    assert.equal(fixture.totals.at(offset + 1), 1n);
    assert.equal(fixture.totals.at(offset + 2), 0xfffffffen);
    fixture.close();
  });

  const wrong: readonly (readonly [string, Record<string, GlobalValue>, RegExp])[] = [
    ['unknown name', { nope: 1 }, /nope: no such/],
    ['a value too large', { discard_every: 2 ** 33 }, /does not fit in 4 bytes/],
    ['a negative value too large', { narrow: -200 }, /does not fit in 1 bytes/],
    ['a fraction', { discard_every: 0.5 }, /no integer/],
    ['an array of another size', { list: new Uint8Array(8) }, /is 16 bytes, 8 given/],
    ['an integer for an array', { list: 1 }, /is 16 bytes, an integer given/],
  ];
  for (const [name, values, message] of wrong) {
    it(`refuses a read-only global: ${name}`, () => {
      const object = BpfObject.open(ringObjectBytes(), { name: 'x' });
      const isRight = (error: unknown): boolean =>
        error instanceof AgentError &&
        error.code === 'PVD_ERR_BPF_GLOBAL' &&
        message.test(error.message);
      assert.throws(() => object.setReadOnly(values), isRight);
      object.close();
    });
  }

  it('keeps the verifier log of a program the kernel refuses', () => {
    for (const kernelLogBytes of [undefined, 65536]) {
      const object = BpfObject.open(ringObjectBytes(), {
        name: 'x',
        ...(kernelLogBytes === undefined ? {} : { kernelLogBytes }),
      });
      try {
        object.load();
        assert.fail('loaded');
      } catch (error) {
        assert.ok(error instanceof BpfLoadError, String(error));
        assert.equal(error.program, 'refused');
        assert.match(error.message, /^load x: program refused: \w+: R1 invalid mem access/);
        assert.match(error.log, /BEGIN PROG LOAD LOG/);
      }
      object.close();
    }
  });

  it('throws for names it does not have', () => {
    const fixture = ringFixture(4096);
    assert.throws(() => fixture.object.programFd('nope'), /no program nope/);
    assert.throws(() => fixture.object.map('nope'), /no map nope/);
    assert.throws(() => fixture.object.setReadOnly({ wide: 1 }), { code: 'PVD_ERR_BPF_GLOBAL' });
    fixture.close();
  });
});
