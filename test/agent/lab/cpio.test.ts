import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeCpio } from '../../../agent/lab/cpio.ts';

const HEAD = '070701';
const ZERO = '00000000';

function header(ino: number, mode: number, size: number, nameLen: number): string {
  const hex = (n: number) => n.toString(16).padStart(8, '0');
  return `${HEAD}${hex(ino)}${hex(mode)}${ZERO}${ZERO}${hex(1)}${ZERO}${hex(size)}${ZERO.repeat(4)}${hex(nameLen)}${ZERO}`;
}

test('names and data are padded to four bytes, the trailer ends it', () => {
  const bytes = writeCpio([
    { name: 'dev', mode: 0o40755 },
    { name: 'init', mode: 0o100755, data: '#!/x\n' },
  ]);
  const expected = [
    `${header(1, 0o40755, 0, 4)}dev\0\0\0`,
    `${header(2, 0o100755, 5, 5)}init\0\0#!/x\n\0\0\0`,
    `${header(3, 0, 0, 11)}TRAILER!!!\0\0\0\0`,
  ].join('');
  assert.equal(bytes.toString('latin1'), expected);
});

test('every entry begins at a multiple of four, whatever the lengths', () => {
  for (let n = 0; n < 9; n++) {
    const entry = { name: 'n'.repeat(n + 1), mode: 0o100644, data: Buffer.alloc(n, 0x30) };
    const bytes = writeCpio([entry, entry]);
    for (let at = bytes.indexOf(HEAD); at >= 0; at = bytes.indexOf(HEAD, at + 1)) {
      assert.equal(at % 4, 0);
    }
    assert.equal(bytes.length % 4, 0);
  }
});
