import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { AgentError } from '../../../agent/error.ts';
import { unpackBzImage } from '../../../agent/lab/boot-image.ts';

const ELF = Buffer.concat([Buffer.from('7f454c46', 'hex'), Buffer.from('1200000058656e00', 'hex')]);

/** A bzImage in as far as boot.rst says where its payload lies. */
function bzImage(payload: Buffer, setupSects = 3): Buffer {
  const offset = 0x40;
  const code = ((setupSects || 4) + 1) * 512;
  const image = Buffer.alloc(code + offset + payload.length + 100);
  image.writeUInt8(setupSects, 0x1f1);
  image.write('HdrS', 0x202, 'latin1');
  image.writeUInt32LE(offset, 0x248);
  image.writeUInt32LE(payload.length, 0x24c);
  payload.copy(image, code + offset);
  return image;
}

test('the ELF inside, with setup_sects given and left at 0 (which means 4)', () => {
  for (const sects of [3, 0, 27]) {
    assert.deepEqual(unpackBzImage(bzImage(gzipSync(ELF), sects), 'x'), ELF);
  }
});

test('nothing when there is no PVH entry, or the packing is unknown', () => {
  assert.equal(unpackBzImage(bzImage(gzipSync(ELF.subarray(0, 4))), 'x'), undefined);
  assert.equal(unpackBzImage(bzImage(Buffer.from('not packed')), 'x'), undefined);
});

test('what is no kernel is an error', () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('#!/bin/sh\n'), Buffer.alloc(5000)]) {
    assert.throws(
      () => unpackBzImage(bytes, 'x'),
      (e) => e instanceof AgentError && e.code === 'PVD_ERR_KERNEL_FILE',
    );
  }
});
