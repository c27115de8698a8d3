import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ARCHIVE_KEYRING,
  findMirrors,
  formatSources,
  parseDeb822,
  parseOneLine,
} from '../../../agent/lab/apt-sources.ts';

const ONE_LINE = `# deb http://off.example/debian bookworm main
deb [arch=amd64 signed-by=/k/a.gpg,/k/b.gpg] http://mirror.example/debian/ bookworm main contrib # comment
deb-src http://src.example/debian bookworm main
deb http://mirror.example/debian-security bookworm-security main
deb https://download.docker.com/linux/debian bookworm stable
deb https://packages.microsoft.com/debian/12/prod bookworm main
`;

const DEB822 = `Types: deb deb-src
# a comment
URIs: mirror+file:/etc/apt/mirrors/debian.list
Suites: trixie trixie-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
 -----END PGP PUBLIC KEY BLOCK-----

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: trixie
Components: main


Types: deb
URIs: http://sec.example/debian-security
Suites: trixie-security
Components: main
Check-Valid-Until: no
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`;

test('one-line sources', () => {
  const mirrors = findMirrors(parseOneLine(ONE_LINE));
  assert.deepEqual(mirrors.debian, {
    uri: 'http://mirror.example/debian/',
    signedBy: '/k/a.gpg /k/b.gpg',
  });
  assert.deepEqual(mirrors.security, { uri: 'http://mirror.example/debian-security' });
  assert.equal(mirrors.isDefault, false);
});

test('deb822 sources: disabled stanzas are left out, embedded keys and options kept', () => {
  const { debian, security } = findMirrors(parseDeb822(DEB822));
  assert.equal(debian.uri, 'mirror+file:/etc/apt/mirrors/debian.list');
  assert.match(debian.signedBy ?? '', /BEGIN PGP[\s\S]*abc[\s\S]*END PGP/);
  assert.deepEqual(security, {
    uri: 'http://sec.example/debian-security',
    signedBy: ARCHIVE_KEYRING,
    checkValidUntil: 'no',
  });
});

test('without a Debian mirror, e.g. on a derivative, Debian itself is asked', () => {
  const ubuntu =
    'deb http://archive.ubuntu.com/ubuntu jammy main\ndeb http://security.ubuntu.com/ubuntu jammy-security main\n';
  const mirrors = findMirrors(parseOneLine(ubuntu));
  assert.equal(mirrors.isDefault, true);
  assert.equal(mirrors.debian.uri, 'http://deb.debian.org/debian');
  assert.equal(mirrors.security.uri, 'http://deb.debian.org/debian-security');
});

test('our sources name every suite, at the mirror that has it, and who signs', () => {
  const text = formatSources(findMirrors(parseOneLine(ONE_LINE)), ARCHIVE_KEYRING);
  const entries = parseDeb822(text);
  const uri = (suite: string) => entries.find((e) => e.suites.includes(suite))?.uris[0];
  assert.equal(uri('sid'), 'http://mirror.example/debian/');
  assert.equal(uri('bookworm-security'), 'http://mirror.example/debian-security');
  assert.equal(uri('trixie-backports'), 'http://mirror.example/debian/');
  // The mirror's own keys and Debian's whole keyring: one release's keys would not do for all.
  for (const entry of entries) assert.match(entry.options.get('signed-by') ?? '', /keyring\.gpg$/);
});
