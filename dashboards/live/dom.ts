/** The only way this page makes elements: text goes through `textContent`, never through markup. */

import { escapeTerminal } from '../../src/publish/escape.ts';

export type Child = Node | string | undefined;

/** An element with a class, and children in order. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== '') element.className = className;
  for (const child of children) if (child !== undefined) element.append(child);
  return element;
}

/** Characters of one foreign text that are shown; the rest is in the tooltip. */
const SHOWN_MAX = 48;

/** Text from the network or a process: controls and bidi characters made visible, cut. */
export function foreign(text: string, className = 'name'): HTMLSpanElement {
  const element = h('span', className);
  setForeign(element, text);
  return element;
}

export function setForeign(element: HTMLElement, text: string): void {
  const shown = escapeTerminal(text, SHOWN_MAX);
  setText(element, shown);
  if (shown !== text) element.title = escapeTerminal(text);
  else element.removeAttribute('title');
}

/** Sets the text only when it differs, so that nothing is laid out again for nothing. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Rows of a table or list that are kept while their item is. */
export interface Rows<T> {
  readonly items: Map<string, { readonly element: HTMLElement; item: T }>;
}

export function createRows<T>(): Rows<T> {
  return { items: new Map() };
}

/**
 * Makes the children of `parent` those of `items`, in order: an item with a known key whose
 * value is the same object keeps its element, others are made.
 */
export function showRows<T>(
  parent: HTMLElement,
  rows: Rows<T>,
  items: Iterable<readonly [key: string, item: T]>,
  make: (item: T, key: string) => HTMLElement,
): void {
  const seen = new Set<string>();
  let at: Element | null = parent.firstElementChild;
  for (const [key, item] of items) {
    seen.add(key);
    let row = rows.items.get(key);
    if (row === undefined || row.item !== item) {
      const element = make(item, key);
      if (row?.element === at) at = at?.nextElementSibling ?? null;
      row?.element.remove();
      row = { element, item };
      rows.items.set(key, row);
    }
    if (row.element === at) at = at.nextElementSibling;
    else parent.insertBefore(row.element, at);
  }
  for (const [key, row] of rows.items) {
    if (seen.has(key)) continue;
    row.element.remove();
    rows.items.delete(key);
  }
}
