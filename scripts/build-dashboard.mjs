#!/usr/bin/env node
// Bundles dashboards/live into dist/dashboards/live: index.html, app.js, style.css.
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const from = `${root}dashboards/live/`;
const to = `${root}dist/dashboards/live/`;

mkdirSync(to, { recursive: true });
await build({
  entryPoints: [`${from}main.tsx`],
  outfile: `${to}app.js`,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  jsx: 'automatic',
  jsxImportSource: 'preact',
  // The licence of the only package inside goes where its code goes.
  banner: { js: `/* Preact: ${readFileSync(`${root}node_modules/preact/LICENSE`, 'utf8')}*/` },
  legalComments: 'none',
  logLevel: 'warning',
});
for (const file of ['index.html', 'style.css']) copyFileSync(from + file, to + file);
