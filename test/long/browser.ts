/** A headless Chromium, as Debian has it, and what may never happen in one. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const PLACES = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];

export const CHROMIUM: string | undefined = [
  ...(process.env['PVDSCOPE_CHROMIUM'] ?? '').split(':').filter(Boolean),
  ...PLACES,
].find((path) => existsSync(path));

export function launch(): Promise<Browser> {
  assert.ok(CHROMIUM);
  // Its sandbox refuses to run as root; it opens nothing but pages of ours.
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
}

export interface Visit {
  readonly page: Page;
  /** Console errors, uncaught exceptions, and requests to other places than the page's own. */
  readonly troubles: string[];
  close(): Promise<void>;
}

export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(8000);
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('console', (m) => m.type() === 'error' && troubles.push(m.text()));
  page.on('pageerror', (error) => troubles.push(error.message));
  const { origin } = new URL(url);
  page.on('request', (request) => {
    const to = new URL(request.url());
    if (!/^(data|blob):$/.test(to.protocol) && to.origin !== origin) troubles.push(request.url());
  });
  await page.goto(url);
  await page.waitForSelector('.health');
  return { page, troubles, close: () => context.close() };
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Violations that a user would be stopped by. */
export async function seriousViolations(page: Page): Promise<string[]> {
  // The page's policy forbids scripts of others; the debugger's are not under it.
  await page.evaluate(`${AXE}; 0`);
  return (await page.evaluate(`axe.run().then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => id + ': ' + nodes[0].html.slice(0, 200)))`)) as string[];
}
