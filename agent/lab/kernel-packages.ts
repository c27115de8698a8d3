/** Which Debian packages hold a kernel: pure functions of the archive's package lists. */

import { compareDebianVersions } from './debian-version.ts';
import type { Flavour } from './kernel-name.ts';

/**
 * The suites looked through, in groups: the first group that holds a series gives its newest.
 * A series comes from the Debian release it is made for rather than from a rebuild for an older one.
 */
export const SUITE_GROUPS: readonly (readonly string[])[] = [
  ['sid', 'forky'],
  ['trixie-security', 'trixie'],
  ['bookworm-security', 'bookworm'],
  ['trixie-backports'],
  ['bookworm-backports'],
];

/** One package of one suite that holds (a part of) a kernel. */
export interface KernelPackage {
  readonly suite: string;
  /** `image` holds everything up to Debian's 6.x; later `base` has the list of what is built in. */
  readonly part: 'image' | 'binary' | 'modules' | 'base';
  readonly package: string;
  /** `uname -r`, e.g. `6.12.107+deb13-amd64`. */
  readonly release: string;
  readonly flavour: Flavour;
  /** Package version, e.g. `6.12.107-1`. */
  readonly version: string;
  readonly sizeBytes: number;
}

export interface KernelChoice {
  readonly series: string;
  readonly suite: string;
  readonly release: string;
  readonly version: string;
  readonly packages: readonly KernelPackage[];
}

export type KernelSearch =
  | { readonly kind: 'found'; readonly choice: KernelChoice }
  /** The archive has moved on: `choice` is its newest, of another series. */
  | { readonly kind: 'replaced'; readonly choice: KernelChoice }
  | { readonly kind: 'none'; readonly available: readonly string[] };

/** An `image` at most this large is a metapackage that depends on `binary` and `modules`. */
const EMPTY_IMAGE_MAX_BYTES = 1 << 20;

const NAME = /^linux-(image|binary|modules|base)-(\d\S*?-(cloud-amd64|amd64))$/;

/** The kernel packages of one `Packages` list (deb-control(5) stanzas). */
export function parseKernelPackages(list: string, suite: string): KernelPackage[] {
  const found: KernelPackage[] = [];
  let at = 0;
  for (;;) {
    at = list.indexOf('Package: linux-', at);
    if (at < 0) return found;
    const end = list.indexOf('\n\n', at);
    const stanza = list.slice(at, end < 0 ? undefined : end);
    const isStanza = at === 0 || list.charAt(at - 1) === '\n';
    at += stanza.length;
    const parsed = isStanza ? parseStanza(stanza, suite) : undefined;
    if (parsed) found.push(parsed);
  }
}

function parseStanza(stanza: string, suite: string): KernelPackage | undefined {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1] ?? '';
  const name = NAME.exec(field('Package'));
  const version = field('Version');
  // A flavour other than these two, e.g. -rt-amd64, has not matched as a release.
  if (!name || /-rt-|-dbg$|-unsigned$/.test(name[2] ?? '') || !/^\d+\.\d+/.test(version)) return;
  return {
    suite,
    part: name[1] as KernelPackage['part'],
    package: field('Package'),
    release: name[2] ?? '',
    flavour: name[3] as Flavour,
    version,
    sizeBytes: Number(field('Size')),
  };
}

export function seriesOf(version: string): string {
  return /^\d+\.\d+/.exec(version)?.[0] ?? version;
}

export function compareSeries(a: string, b: string): number {
  return compareDebianVersions(a, b);
}

/** Looks for `series`; how it chooses is told at {@link SUITE_GROUPS}. */
export function chooseKernel(
  packages: readonly KernelPackage[],
  series: string,
  flavour: Flavour,
): KernelSearch {
  const choices = packages
    .filter((p) => p.flavour === flavour && (p.part === 'image' || p.part === 'binary'))
    .map((p) => complete(p, packages))
    .filter((c) => c !== undefined)
    .sort((a, b) => compareDebianVersions(b.version, a.version));
  for (const group of SUITE_GROUPS) {
    const choice = choices.find((c) => c.series === series && group.includes(c.suite));
    if (choice) return { kind: 'found', choice };
  }
  const available = [...new Set(choices.map((c) => c.series))].sort(compareSeries);
  const [newest] = choices;
  const [oldest = series] = available;
  const isPast =
    newest !== undefined &&
    compareSeries(series, newest.series) < 0 &&
    compareSeries(series, oldest) > 0;
  return isPast ? { kind: 'replaced', choice: newest } : { kind: 'none', available };
}

/** All packages that make a bootable kernel with `image`, or nothing when one is missing. */
function complete(
  image: KernelPackage,
  packages: readonly KernelPackage[],
): KernelChoice | undefined {
  if (image.part === 'image' && image.sizeBytes <= EMPTY_IMAGE_MAX_BYTES) return;
  const { suite, release, version } = image;
  const others = packages.filter(
    (p) =>
      (p.part === 'modules' || p.part === 'base') &&
      p.suite === suite &&
      p.release === release &&
      p.version === version,
  );
  if (image.part === 'binary' && !others.some((p) => p.part === 'modules')) return;
  return {
    series: seriesOf(version),
    suite,
    release,
    version,
    packages: image.part === 'binary' ? [image, ...others] : [image],
  };
}
