import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createRows, showRows } from '../../../dashboards/live/dom.ts';
import { applyFrame, createStore, type Store } from '../../../dashboards/live/store.ts';
import { createDecisionsView } from '../../../dashboards/live/view/decisions.ts';
import { createHealthView, healthFacts } from '../../../dashboards/live/view/health.ts';
import { createPvdsView } from '../../../dashboards/live/view/pvds.ts';
import { createRasView } from '../../../dashboards/live/view/ras.ts';
import type { KernelEvent } from '../../../src/decode/event.ts';
import { createPipeline, finish, step } from '../../../src/pipeline.ts';
import {
  CURL,
  decision,
  encode,
  lookup,
  lostCounters,
  START,
  seeded,
  tick,
} from '../../pipeline-run.ts';
import { at, dnssl, link, pio, pvd, ra } from '../../state/fixture.ts';
import { type FakeElement, fake, installFakeDom } from './fake-dom.ts';

installFakeDom();
const root = fileURLToPath(new URL('../../../..', import.meta.url));

function storeOf(events: readonly KernelEvent[]): Store {
  const pipeline = createPipeline();
  const store = createStore();
  for (const record of encode(events)) applyFrame(store, step(pipeline, record), 0);
  applyFrame(store, finish(pipeline), 0);
  return store;
}

/** The whole page; the newest decision is opened. */
function render(store: Store): FakeElement {
  const page = fake().fake;
  const part = (): never => {
    const element = fake();
    page.append(element.fake);
    return element.real;
  };
  createHealthView(part()).render(store, 'live');
  createPvdsView(part()).render(store, '3000000000');
  createRasView(part()).render(store);
  const tools = { search: part(), pause: part(), count: part() };
  createDecisionsView({ ...tools, body: part(), detail: part() }).render(store);
  [...page.all()].find((e) => e.className === 'time')?.listeners.get('click')?.();
  return page;
}

const MARKUP = '<img src=x onerror=alert(1)>';
const CONTROL = '\u001b[2J\u202eevil\u0000\u009b';

test('hostile names: text only, controls made visible, cut with the whole in the tooltip', () => {
  const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.example`;
  const page = render(
    storeOf([
      { ...START, info: { ...(START as never as { info: object }).info, host: CONTROL } } as never,
      ...seeded().slice(1),
      link(at(2.5), 9, CONTROL),
      ...ra(2.6, { ifindex: 9, options: [pvd(long, [pio('2001:db8:9::/64')])] }),
      ...ra(2.7, {
        router: 'fe80::66',
        options: [pvd('\\027[2J<b>.example', [dnssl(['\\155\\007<i>.example'])])],
      }),
      lookup(3, { inFlow: false, task: { ...CURL, comm: MARKUP.slice(0, 15) } }),
      lookup(3, { inFlow: false, task: { ...CURL, comm: CONTROL } }),
    ]),
  );
  const texts = [...page.all()].flatMap((e) => [
    ...e.children.filter((c) => typeof c === 'string'),
    e.title,
    ...e.attributes.values(),
  ]);
  const all = texts.join('\n');
  assert.ok(!/[\p{Cc}\p{Cf}]/u.test(all.replaceAll('\n', '')));
  assert.ok(all.includes(MARKUP.slice(0, 15)));
  assert.ok(all.includes('\\x1b[2J\\u{202e}evil'));
  assert.ok(all.includes('\\u001b[2J\\u202eevil'), 'the detail shows JSON escapes');
  const tags = new Set([...page.all()].map((e) => e.tag));
  assert.ok(!tags.has('img') && !tags.has('script'));
  const cut = [...page.all()].find((e) => e.title === long);
  assert.ok(cut && cut.textContent.length <= 48 && cut.textContent.endsWith('…'));
});

test('PvDs show their members; what is in none is shown with the reason', () => {
  const text = render(storeOf([...seeded(), ...decision(3, 1n)])).textContent;
  assert.match(text, /PvD\.Example.*explicit.*sequence 1, 1 RAs/);
  assert.match(text, /implicit:2:fe80::2.*2001:db8:a::\/64.*on-link autonomous/);
  assert.match(text, /In no PvD.*fe80::99/);
  assert.match(text, /curl 10flow tcp2001:db8:ffff::1fe80::1 dev 2pvd\.example/);
  assert.match(text, /1 agree0 diverge0 undecided/);
});

test('the search finds words in any order and case', () => {
  const store = storeOf([...seeded(), ...decision(3, 1n), lookup(3.1, { inFlow: false })]);
  const search = fake();
  const body = fake();
  const rest = { pause: fake().real, count: fake().real, detail: fake().real };
  const view = createDecisionsView({ body: body.real, search: search.real, ...rest });
  const found = (words: string): number => {
    search.fake.value = words;
    view.render(store);
    return body.fake.children.length;
  };
  assert.equal(found(''), 2);
  assert.equal(found('FLOW curl'), 1);
  assert.equal(found('pid=10 2001:db8:ffff'), 2);
  assert.equal(found('wget'), 0);
});

test('health: offline, lost and missing hooks cannot be overlooked', () => {
  const store = storeOf([...seeded(), lostCounters(3, { route: 3 }), tick(5)]);
  const facts = healthFacts(store, 'offline');
  assert.deepEqual(
    facts.filter((f) => f.level !== 'ok').map((f) => f.text),
    ['offline', '3 records lost', '1 of 2 hooks missing'],
  );
});

test('rows are kept, moved and removed by key', () => {
  const parent = fake();
  const rows = createRows<string>();
  let made = 0;
  const show = (keys: readonly string[]): string => {
    const items = keys.map((key) => [key[0] ?? '', key] as const);
    showRows(parent.real, rows, items, (item) => {
      made++;
      const element = fake();
      element.fake.textContent = item;
      return element.real;
    });
    return parent.fake.elements.map((e) => e.textContent).join(' ');
  };
  for (const keys of ['a b c', 'd a b', 'b a d', 'x1 b', 'x2 b', 'b x2', '', 'a b c']) {
    const list = keys.split(' ').filter(Boolean).map(intern);
    assert.equal(show(list), keys);
  }
  assert.equal(made, 9);
});

const interned = new Map<string, string>();
function intern(text: string): string {
  interned.set(text, interned.get(text) ?? text);
  return interned.get(text) as string;
}

test('the page has no inline script or style, and its code sets no markup', () => {
  const dir = join(root, 'dashboards/live');
  const html = readFileSync(join(dir, 'index.html'), 'utf8');
  assert.doesNotMatch(html, /<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:/i);
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' });
  const code = files.filter((file) => file.endsWith('.ts'));
  assert.ok(code.length >= 8);
  for (const file of code) {
    const text = readFileSync(join(dir, file), 'utf8');
    assert.doesNotMatch(
      text,
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/,
      file,
    );
  }
});
