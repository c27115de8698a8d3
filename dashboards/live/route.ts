/** What the page shows, as the fragment of its address: every view is a link that can be kept. */

export const VIEWS = [
  'overview',
  'topology',
  'pvds',
  'timeline',
  'decisions',
  'ras',
  'compare',
] as const;

export type View = (typeof VIEWS)[number];

export interface Route {
  readonly view: View;
  readonly params: URLSearchParams;
}

/** `#/decisions?verdict=diverge`; whatever else it says is the overview. */
export function parseRoute(fragment: string): Route {
  const [path = '', query = ''] = fragment.replace(/^#?\/?/, '').split(/\?(.*)/s);
  const view = VIEWS.find((name) => name === path) ?? 'overview';
  return { view, params: new URLSearchParams(query) };
}

export function formatRoute(view: View, params: Iterable<readonly [string, string]> = []): string {
  const query = new URLSearchParams([...params].map(([key, value]) => [key, value])).toString();
  return query === '' ? `#/${view}` : `#/${view}?${query}`;
}

/** The same view with some parameters set, or removed where they are ''. */
export function withParams(route: Route, changes: Readonly<Record<string, string>>): string {
  const params = new URLSearchParams(route.params);
  for (const [key, value] of Object.entries(changes)) {
    if (value === '') params.delete(key);
    else params.set(key, value);
  }
  return formatRoute(route.view, params);
}

/** Adds `value` to the alternatives of `key`, or takes it away. */
export function toggleParam(route: Route, key: string, value: string): string {
  const params = new URLSearchParams(route.params);
  const values = params.getAll(key);
  params.delete(key);
  const rest = values.includes(value) ? values.filter((v) => v !== value) : [...values, value];
  for (const each of rest) params.append(key, each);
  return formatRoute(route.view, params);
}
