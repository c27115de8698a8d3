/** The newest Router Advertisements and what the kernel made of them. */

import type { Envelope } from '../../../src/publish/envelope.ts';
import { formatRaFate } from '../../../src/publish/text.ts';
import { formatTime } from '../../../src/publish/words.ts';
import { type Child, createRows, foreign, h, type Rows, showRows } from '../dom.ts';
import type { Store } from '../store.ts';

const ROWS_MAX = 30;

type Ra = Envelope<'ra'>;

export interface RasView {
  render(store: Store): void;
}

export function createRasView(body: HTMLElement): RasView {
  const rows: Rows<Ra> = createRows();
  return {
    render(store): void {
      const items = store.ras.slice(0, ROWS_MAX).map((ra) => [`${ra.seq}`, ra] as const);
      showRows(body, rows, items, raRow);
    },
  };
}

function raRow({ tsNs, netns, data }: Ra): HTMLElement {
  const problems = data.problems.map((p) => p.code).join(' ');
  const options = data.options.map((option) => option.name).join(' ');
  const fate = data.done === null ? 'unknown' : data.done.accepted ? 'agree' : 'diverge';
  const cells: Child[] = [
    formatTime(tsNs),
    netns === null ? '' : foreign(netns.name === '' ? netns.cookie : netns.name),
    foreign(data.ifname, 'device'),
    data.router,
    h('span', '', ...data.pvds.map((pvd) => foreign(pvd, 'name pvd'))),
    data.header === null ? '' : `${data.header.lifetimeSec} s`,
    options,
    h('span', `badge ${fate}`, formatRaFate(data)),
    problems === '' ? '' : h('span', 'error', problems),
  ];
  return h('tr', '', ...cells.map((cell) => h('td', '', cell)));
}
