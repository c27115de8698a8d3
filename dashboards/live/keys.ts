/** Keys of the page, but for those that a field or a control takes. */

import { formatRoute, type Route, VIEWS, withParams } from './route.ts';

export type KeyAction =
  | { readonly does: 'go'; readonly href: string }
  | { readonly does: 'pause' }
  | { readonly does: 'search' };

/** What a key does; undefined when it does nothing here. */
export function keyAction(key: string, route: Route, isTyping: boolean): KeyAction | undefined {
  if (key === 'Escape') {
    return { does: 'go', href: withParams(route, { seq: '', run: '', ra: '', node: '' }) };
  }
  if (isTyping) return undefined;
  const view = /^[1-9]$/.test(key) ? VIEWS[Number(key) - 1] : undefined;
  if (view !== undefined) return { does: 'go', href: formatRoute(view) };
  if (key === '/') return { does: 'search' };
  if (key === 'p') return { does: 'pause' };
  return undefined;
}
