/** Debian's mirrors as the system's apt sources name them (sources.list(5)): pure parsing. */

import { SUITE_GROUPS } from './kernel-packages.ts';

export interface Mirror {
  readonly uri: string;
  /** Keyring files, or a key itself as deb822 holds it. */
  readonly signedBy?: string;
  /** `Check-Valid-Until`, set by snapshots of the archive. */
  readonly checkValidUntil?: string;
}

export interface Mirrors {
  readonly debian: Mirror;
  readonly security: Mirror;
  /** The system names no Debian mirror: these are Debian's own. */
  readonly isDefault: boolean;
}

/** One entry of the apt sources. */
export interface AptSource {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  readonly options: ReadonlyMap<string, string>;
}

export const ARCHIVE_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

const CODENAME = '(bullseye|bookworm|trixie|forky|sid|oldstable|stable|testing|unstable)';
const ARCHIVE_SUITE: RegExp = new RegExp(`^${CODENAME}(-updates|-backports)?$`);
const SECURITY_SUITE: RegExp = new RegExp(`^${CODENAME}(-security|/updates)$`);

/** A `*.list` file: `deb [option=value …] URI SUITE COMPONENT…`. */
export function parseOneLine(text: string): AptSource[] {
  const entries: AptSource[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)([^#]*)/.exec(line);
    if (!match) continue;
    const [, options = '', uri = '', suite = '', components = ''] = match;
    entries.push({
      uris: [uri],
      suites: [suite],
      components: words(components),
      options: new Map(
        words(options).map((o) => {
          const [key = '', ...value] = o.split('=');
          return [key.toLowerCase(), value.join('=').replaceAll(',', ' ')];
        }),
      ),
    });
  }
  return entries;
}

/** A `*.sources` file: deb822 stanzas; continuation lines (embedded keys) are kept. */
export function parseDeb822(text: string): AptSource[] {
  const entries: AptSource[] = [];
  for (const stanza of text.split(/\n(?:[ \t]*\n)+/)) {
    const fields = new Map<string, string>();
    let last = '';
    for (const line of stanza.split('\n')) {
      if (line.startsWith('#')) continue;
      const field = /^([A-Za-z0-9-]+):\s*(.*)$/.exec(line);
      if (field) {
        last = (field[1] ?? '').toLowerCase();
        fields.set(last, field[2] ?? '');
      } else if (/^[ \t]/.test(line) && last !== '') {
        fields.set(last, `${fields.get(last)}\n${line}`);
      }
    }
    if (!words(fields.get('types') ?? '').includes('deb')) continue;
    if (fields.get('enabled')?.trim().toLowerCase() === 'no') continue;
    entries.push({
      uris: words(fields.get('uris') ?? ''),
      suites: words(fields.get('suites') ?? ''),
      components: words(fields.get('components') ?? ''),
      options: fields,
    });
  }
  return entries;
}

/** The likeliest mirror of Debian and of its security archive, else Debian's own. */
export function findMirrors(entries: readonly AptSource[]): Mirrors {
  const debian = likeliest(entries, ARCHIVE_SUITE);
  const security = likeliest(entries, SECURITY_SUITE);
  return {
    debian: toMirror(debian) ?? { uri: 'http://deb.debian.org/debian' },
    security: toMirror(security) ?? { uri: 'http://deb.debian.org/debian-security' },
    isDefault: debian === undefined,
  };
}

/** Vendors call their suites `stable main` or `bookworm main` too, so the rest of an entry counts. */
function likeliest(entries: readonly AptSource[], suite: RegExp): AptSource | undefined {
  const score = (entry: AptSource) => {
    const uri = entry.uris[0] ?? '';
    const isArchive = entry.components.includes('main') && entry.suites.some((s) => suite.test(s));
    if (!isArchive || !/debian/.test(uri)) return 0;
    if (/debian-archive/.test(entry.options.get('signed-by') ?? '')) return 3;
    return /\/debian(-security)?\/?$/.test(uri) ? 2 : 1;
  };
  const best = Math.max(0, ...entries.map(score));
  return best === 0 ? undefined : entries.find((e) => score(e) === best);
}

function toMirror(entry: AptSource | undefined): Mirror | undefined {
  const uri = entry?.uris[0];
  if (!entry || uri === undefined) return undefined;
  const signedBy = entry.options.get('signed-by');
  const checkValidUntil = entry.options.get('check-valid-until');
  return {
    uri,
    ...(signedBy ? { signedBy } : {}),
    ...(checkValidUntil ? { checkValidUntil } : {}),
  };
}

/** deb822 text that makes apt look through every one of `suites`, `amd64` only. */
export function formatSources(
  mirrors: Mirrors,
  keyring: string | undefined,
  suites: readonly string[] = SUITE_GROUPS.flat(),
): string {
  const stanzas = suites.map((suite) => {
    const mirror = SECURITY_SUITE.test(suite) ? mirrors.security : mirrors.debian;
    const signedBy = signers(mirror.signedBy, keyring);
    return [
      'Types: deb',
      `URIs: ${mirror.uri}`,
      `Suites: ${suite}`,
      'Components: main',
      'Architectures: amd64',
      ...(signedBy === undefined ? [] : [`Signed-By: ${signedBy}`]),
      ...(mirror.checkValidUntil ? [`Check-Valid-Until: ${mirror.checkValidUntil}`] : []),
    ].join('\n');
  });
  return `${stanzas.join('\n\n')}\n`;
}

/** A keyring of one release only would not verify the others: Debian's whole one is added. */
function signers(signedBy: string | undefined, keyring: string | undefined): string | undefined {
  if (signedBy === undefined) return keyring;
  const isEmbedded = signedBy.includes('\n');
  if (isEmbedded || keyring === undefined || words(signedBy).includes(keyring)) return signedBy;
  return `${signedBy} ${keyring}`;
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((w) => w !== '');
}
