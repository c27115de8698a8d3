/** Order of Debian package versions (Debian Policy, section 5.6.12; deb-version(7)). */

/** Negative, zero or positive, as `a` is older than, the same as, or newer than `b`. */
export function compareDebianVersions(a: string, b: string): number {
  const [x, y] = [split(a), split(b)];
  return (
    x.epoch - y.epoch ||
    compareParts(x.upstream, y.upstream) ||
    compareParts(x.revision, y.revision)
  );
}

function split(version: string) {
  const [, epoch = '0', rest = ''] = /^(?:(\d+):)?(.*)$/s.exec(version) ?? [];
  const dash = rest.lastIndexOf('-');
  return dash < 0
    ? { epoch: Number(epoch), upstream: rest, revision: '0' }
    : { epoch: Number(epoch), upstream: rest.slice(0, dash), revision: rest.slice(dash + 1) };
}

/** Alternately a run of non-digits, compared by {@link weight}, and a number. */
function compareParts(a: string, b: string): number {
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    while (isOther(a, i) || isOther(b, j)) {
      const difference = weight(a, i) - weight(b, j);
      if (difference !== 0) return difference;
      i++;
      j++;
    }
    const [x, y] = [/^\d*/.exec(a.slice(i))?.[0] ?? '', /^\d*/.exec(b.slice(j))?.[0] ?? ''];
    const difference = Number(x) - Number(y);
    if (difference !== 0) return difference;
    i += x.length;
    j += y.length;
  }
  return 0;
}

function isOther(text: string, at: number): boolean {
  return at < text.length && !/\d/.test(text.charAt(at));
}

/** `~` sorts before the end of the text, letters before everything else. */
function weight(text: string, at: number): number {
  const char = text.charAt(at);
  if (char === '' || /\d/.test(char)) return 0;
  if (char === '~') return -1;
  return /[a-zA-Z]/.test(char) ? char.charCodeAt(0) : char.charCodeAt(0) + 256;
}
