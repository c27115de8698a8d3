import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  chooseKernel,
  type KernelPackage,
  parseKernelPackages,
} from '../../../agent/lab/kernel-packages.ts';

/** As in a `Packages` list; only the fields that are read. */
function stanza(name: string, version: string, size: number): string {
  return `Package: ${name}\nSource: linux\nVersion: ${version}\nInstalled-Size: 1\nDepends: kmod, linux-base (>= 4.3~)\nDescription: Linux\n Package: linux-image-9.9-amd64\nSize: ${size}\nSHA256: 00\n\n`;
}

const BOOKWORM_SECURITY = [
  stanza('linux-image-6.1.0-55-amd64', '6.1.190-1', 68e6),
  stanza('linux-image-6.1.0-56-amd64', '6.1.192-2', 68e6),
  stanza('linux-image-6.1.0-56-amd64-unsigned', '6.1.192-2', 68e6),
  stanza('linux-image-6.1.0-56-amd64-dbg', '6.1.192-2', 900e6),
  stanza('linux-image-6.1.0-56-cloud-amd64', '6.1.192-2', 30e6),
  stanza('linux-image-6.1.0-56-rt-amd64', '6.1.192-2', 68e6),
  stanza('linux-image-amd64', '6.1.192-2', 1500),
  stanza('linux-image-6.12.200+deb12-amd64', '6.12.200-1~deb12u1', 100e6),
].join('');

const TRIXIE = [
  stanza('linux-image-6.12.9+deb13-amd64', '6.12.9-1', 100e6),
  stanza('linux-image-6.12.107+deb13-amd64', '6.12.107-1', 100e6),
  stanza('linux-image-6.12.107+deb13-cloud-amd64', '6.12.107-1', 30e6),
].join('');

const SID = [
  stanza('linux-image-7.2.13+deb14-amd64', '7.2.13-1', 1892),
  stanza('linux-binary-7.2.13+deb14-amd64', '7.2.13-1', 14e6),
  stanza('linux-modules-7.2.13+deb14-amd64', '7.2.13-1', 110e6),
  stanza('linux-base-7.2.13+deb14-amd64', '7.2.13-1', 1e6),
  stanza('linux-base', '4.17', 30e3),
  // Its modules have not been built yet.
  stanza('linux-binary-7.3.1+deb14-amd64', '7.3.1-1', 14e6),
].join('');

const ALL: readonly KernelPackage[] = [
  ...parseKernelPackages(BOOKWORM_SECURITY, 'bookworm-security'),
  ...parseKernelPackages(TRIXIE, 'trixie'),
  ...parseKernelPackages(SID, 'sid'),
];

function names(series: string, flavour: 'amd64' | 'cloud-amd64' = 'amd64'): string[] {
  const search = chooseKernel(ALL, series, flavour);
  if (search.kind === 'none') return ['none', ...search.available];
  const { choice } = search;
  return [search.kind, choice.suite, ...choice.packages.map((p) => p.package)];
}

test('only bootable flavours are taken from a list, metapackages are not', () => {
  const found = parseKernelPackages(BOOKWORM_SECURITY, 'bookworm-security').map((p) => p.package);
  assert.deepEqual(found, [
    'linux-image-6.1.0-55-amd64',
    'linux-image-6.1.0-56-amd64',
    'linux-image-6.1.0-56-cloud-amd64',
    'linux-image-6.12.200+deb12-amd64',
  ]);
});

test('a list without a trailing blank line, and an empty one', () => {
  assert.equal(parseKernelPackages(TRIXIE.trimEnd(), 'trixie').length, 3);
  assert.deepEqual(parseKernelPackages('', 'trixie'), []);
});

test('the newest of a series', () => {
  assert.deepEqual(names('6.1'), ['found', 'bookworm-security', 'linux-image-6.1.0-56-amd64']);
});

test('a series comes from its own release, though an older one has a newer rebuild', () => {
  assert.deepEqual(names('6.12'), ['found', 'trixie', 'linux-image-6.12.107+deb13-amd64']);
});

test('a split kernel needs its modules and the list of what is built in', () => {
  assert.deepEqual(names('7.2'), [
    'found',
    'sid',
    'linux-binary-7.2.13+deb14-amd64',
    'linux-modules-7.2.13+deb14-amd64',
    'linux-base-7.2.13+deb14-amd64',
  ]);
});

test('flavours are kept apart', () => {
  assert.deepEqual(names('6.12', 'cloud-amd64').at(-1), 'linux-image-6.12.107+deb13-cloud-amd64');
});

test('a series the archive has left behind is replaced by the newest complete kernel', () => {
  assert.deepEqual(names('6.19').slice(0, 3), [
    'replaced',
    'sid',
    'linux-binary-7.2.13+deb14-amd64',
  ]);
});

test('a series that is older or newer than all is not guessed', () => {
  assert.deepEqual(names('5.10'), ['none', '6.1', '6.12', '7.2']);
  assert.deepEqual(names('7.3'), ['none', '6.1', '6.12', '7.2']);
  assert.deepEqual(chooseKernel([], '6.1', 'amd64'), { kind: 'none', available: [] });
});
