import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AgentError, EXIT } from '../../../agent/error.ts';
import { parseKernelName } from '../../../agent/lab/kernel-name.ts';

test('series, flavours and paths', () => {
  assert.deepEqual(parseKernelName('debian:6.12'), {
    ...{ kind: 'debian', text: 'debian:6.12', series: '6.12', flavour: 'amd64' },
  });
  assert.deepEqual(parseKernelName('debian:7.2-cloud'), {
    ...{ kind: 'debian', text: 'debian:7.2-cloud', series: '7.2', flavour: 'cloud-amd64' },
  });
  assert.deepEqual(parseKernelName('/boot/vmlinuz'), {
    ...{ kind: 'file', text: '/boot/vmlinuz', path: '/boot/vmlinuz' },
  });
});

for (const text of ['', 'debian:', 'debian:6', 'debian:6.1.0', 'debian:../x', 'fedora:6.1']) {
  test(`"${text}" names no kernel`, () => {
    assert.throws(
      () => parseKernelName(text),
      (e) => e instanceof AgentError && e.exitCode === EXIT.usage && e.hint !== undefined,
    );
  });
}
