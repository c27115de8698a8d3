#!/usr/bin/env node
// Writes the table of docs/router-advertisements.md from src/decode/nd/rules.ts. Needs a build.
//   --check  only say whether it is up to date
import { readFileSync, writeFileSync } from 'node:fs';
import { RULES } from '../dist/src/decode/nd/rules.js';

const file = new URL('../docs/router-advertisements.md', import.meta.url);
const START = '<!-- rules -->\n';
const END = '<!-- end of rules -->\n';
const cell = (text = '') => text.replaceAll('|', '\\|');

const rows = Object.entries(RULES).map(([code, rule]) => {
  const linux = `${rule.linuxAccepts ? 'accepts: ' : ''}${cell(rule.linux)}`;
  const netpvd = `${rule.danger ? '**dangerous**: ' : ''}${cell(rule.netpvd)}`;
  return `| \`${code}\` | ${rule.outcome} | ${rule.rfc} | ${cell(rule.message)} | ${linux} | ${netpvd} |\n`;
});
const table = `| code | outcome | decided by | when | Linux, where it differs | 4.15 with the PvD patch |
| --- | --- | --- | --- | --- | --- |
${rows.join('')}`;

const text = readFileSync(file, 'utf8');
const from = text.indexOf(START) + START.length;
const to = text.indexOf(END);
const fresh = `${text.slice(0, from)}\n${table}\n${text.slice(to)}`;
if (process.argv.includes('--check')) {
  if (fresh !== text) {
    process.stderr.write('docs/router-advertisements.md is stale: run scripts/gen-ra-rules.mjs\n');
    process.exitCode = 1;
  }
} else writeFileSync(file, fresh);
