/** The series in kernel/ as it would be mailed: numbered, signed, in one piece. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const KERNEL = fileURLToPath(new URL('../../../kernel', import.meta.url));
const names = readdirSync(KERNEL).filter((name) => name.endsWith('.patch'));
const read = (name: string) => readFileSync(join(KERNEL, name), 'utf8');
const [cover = '', ...patches] = names.sort();

test('a cover letter, then patches without a gap, at most fifteen', () => {
  assert.equal(cover, '0000-cover-letter.patch');
  assert.ok(patches.length > 0 && patches.length <= 15, `${patches.length} patches`);
  patches.forEach((name, i) => {
    assert.ok(name.startsWith(`${String(i + 1).padStart(4, '0')}-`), name);
    assert.match(read(name), new RegExp(`^Subject: \\[PATCH net-next 0*${i + 1}/`, 'm'));
  });
});

for (const name of patches) {
  test(`${name}: a subsystem, a reason, a signature, a diff`, () => {
    const text = read(name);
    const [head = '', diff = ''] = text.split(/^---$/m, 2);
    assert.match(head, /^Subject: \[PATCH net-next [^\]]+\] [^:]+: /m);
    assert.match(head, /^Signed-off-by: .+ <.+@.+>$/m);
    const body = head
      .slice(head.indexOf('\n\n'))
      .replace(/^Signed-off-by:.*$/m, '')
      .trim();
    assert.ok(body.length > 80, 'it says too little of why');
    assert.match(diff, /^diff --git /m);
    assert.doesNotMatch(diff, /^\+.*[ \t]+$/m, 'space at the end of a line');
  });
}

test('the cover letter lists every patch and is filled in', () => {
  const text = read(cover);
  assert.doesNotMatch(text, /\*\*\* (SUBJECT|BLURB) HERE/);
  for (const name of patches) {
    const subject = /^Subject: \[PATCH[^\]]*\] ((?:.+\n?)(?: .+)*)/m.exec(read(name))?.[1] ?? '';
    assert.ok(text.includes(subject.split('\n')[0] ?? ''), subject);
  }
});

test('everything new is only built with CONFIG_NET_PVD', () => {
  const all = patches.map(read).join('\n');
  assert.match(all, /^\+config NET_PVD$/m);
  assert.match(all, /^\+ipv6-\$\(CONFIG_NET_PVD\) \+= pvd\.o$/m);
  assert.doesNotMatch(all, /^\+\tdefault y/m);
});

/** Number in the series, and the last of its kind in Linux 7.2 (include/uapi/linux). */
const NUMBERS: readonly [what: RegExp, lastOf72: number][] = [
  [/^\+\tRTM_NEWPVD = (\d+),$/m, 122],
  [/^\+\tRTNLGRP_PVD = (\d+),$/m, 39],
  [/^\+\tRTA_PVD = (\d+),/m, 31],
  [/^\+\tNDUSEROPT_PVD = (\d+),/m, 1],
  [/^\+\tIFA_PVD = (\d+),/m, 11],
  [/^\+\tDEVCONF_PARSE_PVD = (\d+),$/m, 59],
  [/^\+#define IPV6_PVD\t+(\d+)$/m, 80],
];

for (const [what, lastOf72] of NUMBERS) {
  test(`${what.source}: not a number that 7.2 has taken`, () => {
    const all = patches.map(read).join('\n');
    const number = Number(what.exec(all)?.[1]);
    assert.ok(number > lastOf72, `${number} is not above ${lastOf72}`);
  });
}
