#!/usr/bin/env node
// Bundles dashboards/live into dist/dashboards/live: index.html, app.js, style.css.
import { copyFileSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const from = `${root}dashboards/live/`;
const to = `${root}dist/dashboards/live/`;

mkdirSync(to, { recursive: true });
await build({
  entryPoints: [`${from}main.ts`],
  outfile: `${to}app.js`,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
});
for (const file of ['index.html', 'style.css']) copyFileSync(from + file, to + file);
