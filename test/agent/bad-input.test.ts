/**
 * What a user can get wrong: each gives one clear error with a place or a hint, the exit status
 * that docs/errors.md lists, nothing on stdout, and leaves nothing behind.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { MAIN } from '../../agent/paths.ts';
import { createTrace } from '../../agent/trace/writer.ts';
import { encode, seeded } from '../pipeline-run.ts';

const dir = mkdtempSync(join(tmpdir(), 'pvdscope-bad-input-'));
after(() => rmSync(dir, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): void {
  writeFileSync(join(dir, name), content);
}

function recordTrace(): Uint8Array {
  const path = join(dir, 'whole.pcapng');
  const info = { hardware: 'x', os: 'Linux', application: 'pvdscope', realtimeOffsetNs: 0n };
  const trace = createTrace(path, info);
  for (const record of encode(seeded())) trace.append(record);
  trace.close();
  return new Uint8Array(spawnSync('cat', [path]).stdout);
}

const whole = recordTrace();
file('cut.pcapng', whole.subarray(0, whole.length - 100));
file('empty', '');
file('text', 'this is no trace\n');
file('section', Uint8Array.of(0x0a, 0x0d, 0x0d, 0x0a));
mkdirSync(join(dir, 'directory'));
file(
  'typo.yaml',
  'name: x\nlinks: {A: }\nnamespaces:\n  a:\n    interfaces:\n      eth0: {lnk: A}\n',
);
file('bent.yaml', 'name: [x\n');
file('router-typo.yaml', 'interval: 4\noptions:\n  - pyo: {}\n');
file('router-hex.yaml', "interval: 4\noptions:\n  - hex: '05z1'\n");
file('not.json', '{"a": 1,\n "b" 2}\n');

/** Exit status and what stderr says; the place or the hint is part of it. */
const CASES: readonly (readonly [name: string, argv: string[], status: number, says: RegExp])[] = [
  ['no such verb', ['rnu'], 2, /unknown command 'rnu'\n\(Did you mean run\?\)/],
  ['no such option', ['replay', '--fromat', 'text', 'x'], 2, /'--fromat'\n.*--format/],
  ['an option without its value', ['record', '-o'], 2, /argument missing\n\(run with --help/],
  ['a ring of 3 MiB', ['run', '--ring', '3'], 2, /a power of two .*\n\(run with --help/],
  ['a process id that is none', ['run', '--pid', 'x'], 2, /a process id is needed\n\(run/],
  ['a cgroup that is not there', ['run', '--cgroup', '/nonexistent'], 2, /ENOENT.*\n\(run/],
  ['an address that is none', ['run', '--listen', '1:2:3'], 2, /HOST:PORT or PORT.*\n\(run/],
  ['an empty trace', ['replay', 'empty'], 2, /it is empty \[PVD_ERR_TRACE_FORMAT\]\n {2}hint: /],
  ['text as a trace', ['replay', 'text'], 2, /no pcapng file \[PVD_ERR_TRACE_FORMAT\]\n {2}hint/],
  ['four bytes of a trace', ['state', 'section'], 2, /\[PVD_ERR_TRACE_FORMAT\]\n {2}hint: /],
  ['a trace that is missing', ['replay', 'missing'], 2, /ENOENT.*\[PVD_ERR_TRACE_READ\]\n {2}hint/],
  ['a directory as a trace', ['state', 'directory'], 2, /EISDIR.*TRACE_READ\]\n {2}hint: check/],
  ['state of nothing', ['state'], 2, /a trace file or --live \[PVD_ERR_USAGE\]\n {2}hint: e\.g\./],
  ['hexadecimal with a typo', ['parse', '8600zz'], 2, /offset 4: "z" .*\n {2}hint: /],
  ['half an octet', ['parse', '860'], 2, /offset 3: an odd number .*\n {2}hint: /],
  ['text as a capture', ['parse', '--pcap', 'text'], 2, /neither pcap nor pcapng .*\n {2}hint: /],
  ['no capture', ['parse', '--pcap', 'missing'], 2, /ENOENT.*\[PVD_ERR_INPUT\]\n {2}hint: /],
  [
    'a scenario with a typo',
    ['lab', 'run', 'typo.yaml'],
    2,
    /typo\.yaml:6:14: unknown key "lnk", did you mean "link"\? \[PVD_ERR_SCENARIO\]/,
  ],
  ['YAML that is none', ['lab', 'run', 'bent.yaml'], 2, /bent\.yaml:2:1: .*YAML\]\n {2}hint: /],
  ['no scenario', ['lab', 'run', 'missing.yaml'], 2, /ENOENT.*\[PVD_ERR_YAML_READ\]\n {2}hint/],
  ['a kernel that is none', ['lab', 'exec', '--kernel', 'x:y', 'true'], 2, /x:y.*\n {2}hint: /],
  [
    'a router with a typo',
    ['router', '--interface', 'lo', 'router-typo.yaml'],
    2,
    /router-typo\.yaml:3:5: unknown key "pyo", did you mean "pio"\? \[PVD_ERR_ROUTER_CONFIG\]/,
  ],
  [
    "a router's octets with a typo",
    ['router', '--interface', 'lo', 'router-hex.yaml'],
    2,
    /router-hex\.yaml:3:10: .*hexadecimal.*\[PVD_ERR_ROUTER_CONFIG\]/,
  ],
  ['a state that is no JSON', ['predict', '--state', 'not.json', '--query', 'x'], 2, /not\.json/],
  ['nobody answers', ['state', '--live', 'http://127.0.0.1:1/'], 3, /REFUSED.*\n {2}hint: start/],
];

function pvdscope(argv: readonly string[], wrapper: readonly string[] = []) {
  const [command = '', ...args] = [...wrapper, process.execPath, MAIN, ...argv];
  return spawnSync(command, args, { cwd: dir, encoding: 'utf8' });
}

/** One error, no stack, nothing said to have worked. */
function refused(done: ReturnType<typeof pvdscope>, status: number, says: RegExp): void {
  assert.match(done.stderr, says);
  assert.doesNotMatch(done.stderr, /^ {4}at |internal error/m);
  assert.equal(done.stderr.match(/^(pvdscope|error): /gm)?.length, 1, done.stderr);
  assert.equal(done.status, status, done.stderr);
  assert.equal(done.stdout, '');
}

describe('bad input', () => {
  for (const [name, argv, status, says] of CASES) {
    it(`${name} is refused`, () => {
      const before = readdirSync(dir);
      refused(pvdscope(argv), status, says);
      assert.deepEqual(readdirSync(dir), before, 'something is left behind');
    });
  }

  it('a malformed RA is reported field by field, on stdout, with status 1', () => {
    const done = pvdscope(['parse', '86000000400007080000000000000000', '0500']);
    assert.equal(done.status, 1, done.stderr);
    assert.match(done.stdout, /option/);
    assert.equal(done.stderr, '');
  });

  it('a truncated trace is used as far as it goes, and told with its offset', () => {
    const done = pvdscope(['state', 'cut.pcapng']);
    assert.match(done.stderr, /cut\.pcapng: truncated at offset \d+: .*\n {2}hint: all intact/);
    assert.equal(done.status, 5, done.stderr);
    assert.notEqual(done.stdout, '');
  });

  it('a port in use is refused before the kernel is touched', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    try {
      const done = pvdscope(['run', '--listen', `127.0.0.1:${port}`]);
      refused(done, 3, new RegExp(`${port}.*\\[PVD_ERR_LISTEN\\]\\n {2}hint: `));
    } finally {
      server.close();
    }
  });
});

const root = process.getuid?.() === 0;

describe('a machine that cannot', { skip: root ? false : 'needs root' }, () => {
  /** In a mount namespace in which the kernel's BTF is `content`; undefined: not there. */
  const withBtf = (content: string | undefined): string[] => {
    const change =
      content === undefined
        ? 'mount -t tmpfs none /sys/kernel/btf'
        : `mount --bind ${join(dir, content)} /sys/kernel/btf/vmlinux`;
    return ['unshare', '--mount', 'sh', '-c', `${change}; exec "$@"`, 'sh'];
  };
  const noCapability = ['setpriv', '--bounding-set=-all', '--inh-caps=-all'];
  const cases: readonly (readonly [string, string[], RegExp])[] = [
    ['BTF that is empty', withBtf('empty'), /BTF.*\[PVD_ERR_BTF\]\n {2}hint: /],
    ['BTF that is something else', withBtf('whole.pcapng'), /magic.*_BTF\]\n {2}hint: /],
    ['no BTF', withBtf(undefined), /ENOENT.*\[PVD_ERR_BTF\]\n {2}hint: /],
    ['no capability', noCapability, /needs CAP_BPF, .*\[PVD_ERR_CAPABILITY\]\n {2}hint: run as/],
    [
      'no CAP_NET_ADMIN',
      ['setpriv', '--bounding-set=-net_admin'],
      /needs CAP_NET_ADMIN.*\[PVD_ERR_CAPABILITY\]\n {2}hint: run as/,
    ],
  ];
  for (const [name, wrapper, says] of cases) {
    for (const argv of [
      ['run', '--listen', '127.0.0.1:0'],
      ['record', '-o', 'new.pcapng'],
    ]) {
      it(`${name}: ${argv[0]} says so and leaves nothing`, () => {
        const before = readdirSync(dir);
        refused(pvdscope(argv, wrapper), 3, says);
        assert.deepEqual(readdirSync(dir), before);
      });
    }
  }
});
