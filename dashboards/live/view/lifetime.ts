/** Lifetimes that count down without rebuilding what they stand in. */

import { formatLeft } from '../../../src/publish/words.ts';
import { h, setText } from '../dom.ts';

/** What is left until `until`; null never ends. */
export function lifetime(until: string | null, nowNs: string): HTMLElement {
  const element = h('span', 'lifetime', formatLeft(until, nowNs));
  if (until !== null) element.setAttribute('data-until', until);
  return element;
}

/** Brings all lifetimes under `root` up to date. */
export function tickLifetimes(root: ParentNode, nowNs: string): void {
  for (const element of root.querySelectorAll<HTMLElement>('[data-until]')) {
    const left = formatLeft(element.getAttribute('data-until'), nowNs);
    setText(element, left);
    element.classList.toggle('expired', left === 'expired');
  }
}
