/** Kernels given by path: an image, or a tree as make leaves it. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { AgentError, EXIT } from '../../../agent/error.ts';
import { findKernel } from '../../../agent/lab/kernel.ts';

const dir = mkdtempSync(join(tmpdir(), 'pvdscope-kernel-'));
after(() => rmSync(dir, { recursive: true }));

function tree(name: string, files: Readonly<Record<string, string>>): string {
  for (const [file, text] of Object.entries(files)) {
    const at = join(dir, name, file);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, text);
  }
  return join(dir, name);
}

const RELEASE = { 'include/config/kernel.release': '6.12.0-rc1+\n' };

test('a build tree: image, release, and modules where some were made', async () => {
  const bare = tree('bare', { ...RELEASE, vmlinux: '' });
  assert.deepEqual(await findKernel(bare), {
    ...{ name: bare, release: '6.12.0-rc1+', image: join(bare, 'vmlinux') },
  });
  const made = {
    ...RELEASE,
    vmlinux: '',
    'arch/x86/boot/bzImage': '',
    'modules.order': 'fs/9p/9p.o\n',
  };
  const whole = tree('whole', made);
  const kernel = await findKernel(whole);
  assert.deepEqual([kernel.image, kernel.modules], [join(whole, 'arch/x86/boot/bzImage'), whole]);
  const empty = tree('empty', { ...RELEASE, vmlinux: '', 'modules.order': '' });
  assert.equal((await findKernel(empty)).modules, undefined);
});

for (const [name, files] of [
  ['clean', RELEASE],
  ['other', { vmlinux: '' }],
] as const) {
  test(`a directory that is no built tree (${name}): usage, with what to do`, async () => {
    await assert.rejects(
      findKernel(tree(name, files)),
      (e) =>
        e instanceof AgentError && e.code === 'PVD_ERR_KERNEL_FILE' && e.exitCode === EXIT.usage,
    );
  });
}

test('an image: its name is the release; what is missing is told', async () => {
  const at = tree('boot', { 'vmlinuz-6.1.0': '' });
  const kernel = await findKernel(join(at, 'vmlinuz-6.1.0'), { modules: at });
  assert.deepEqual([kernel.release, kernel.modules], ['6.1.0', at]);
  await assert.rejects(findKernel(join(at, 'none')), { code: 'PVD_ERR_KERNEL_FILE' });
});
