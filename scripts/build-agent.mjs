#!/usr/bin/env node
// Bundles the compiled agent into dist/bin/: what a guest or a package starts. Hundreds of small
// files cost seconds over a shared file system; verbs stay apart, so each loads only its own.
import { renameSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

// Built aside and put in place at once: somebody may be starting it.
const aside = `dist/.bin-${process.pid}`;
await build({
  entryPoints: { pvdscope: 'dist/agent/main.js' },
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  outdir: aside,
  chunkNames: 'part-[hash]',
  // Names stay, for stack traces; the rest only costs time to parse.
  minifySyntax: true,
  minifyWhitespace: true,
  // koffi finds its native half by its own place.
  external: ['koffi'],
  // The CommonJS packages inside ask for node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  legalComments: 'eof',
  logLevel: 'warning',
});
rmSync('dist/bin', { recursive: true, force: true });
renameSync(aside, 'dist/bin');
