#!/usr/bin/env node
/**
 * Mutation check: disables and inverts every condition of the model one at a time, and every
 * source rule, and demands that the conformance tables alone notice. A survivor names a
 * missing row. Works on a copy of dist/. Exit 1 when a mutant survives that EQUIVALENT does
 * not explain, or when an explanation is stale.
 */

import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** All of the model but what only explains it, and the alternatives, which have tables of their own. */
const FILES = readdirSync(join(ROOT, 'dist/src/model'))
  .filter((name) => name.endsWith('.js') && !/^(explain|ladder|fib6-memory|alternative.*)\.js$/.test(name))
  .map((name) => name.slice(0, -3));
/** Conditions whose change no answer can show, or that another suite is for: text of the condition → why. */
const EQUIVALENT = JSON.parse(readFileSync(join(ROOT, 'scripts/model-mutate-equivalent.json'), 'utf8'));
const TIMEOUT_MS = 20_000;

/** Only mutants whose text has one of these in it; a file's name, say. */
const only = process.argv.slice(2);
const mutants = FILES.flatMap(mutantsOf).filter((m) => only.length === 0 || only.some((o) => m.id.includes(o)));
process.stdout.write(`${mutants.length} mutants\n`);
const survivors = [];
const queue = [...mutants];
await Promise.all(Array.from({ length: Math.max(1, cpus().length) }, worker));
const explained = new Set();
let bad = 0;
for (const mutant of survivors) {
  const why = EQUIVALENT[mutant.key];
  if (why !== undefined) {
    explained.add(mutant.key);
    continue;
  }
  bad++;
  process.stdout.write(`survived: ${mutant.id}\n`);
}
if (only.length === 0) {
  for (const key of Object.keys(EQUIVALENT)) {
    if (explained.has(key)) continue;
    bad++;
    process.stdout.write(`stale explanation (the tables notice it now): ${key}\n`);
  }
}
process.stdout.write(`${mutants.length - survivors.length} noticed, ${survivors.length - bad} explained, ${bad} bad\n`);
process.exitCode = bad > 0 ? 1 : 0;

function mutantsOf(file) {
  const path = join(ROOT, 'dist/src/model', `${file}.js`);
  const text = readFileSync(path, 'utf8');
  const out = [];
  for (const match of text.matchAll(/\bif \(/g)) {
    const open = match.index + match[0].length - 1;
    const close = closing(text, open);
    const cond = text.slice(open + 1, close);
    if (/\btrace\b/.test(cond)) continue;
    for (const [how, changed] of [['off', 'false'], ['inverted', `!(${cond})`]]) {
      out.push(mutant(file, text, open + 1, close, changed, `if (${cond})`, how));
    }
  }
  for (const match of text.matchAll(/case '?[\w-]+'?:\n|^ {4}'?([\w-]+)'?: \((?:_|ctx), c\) => /gm)) {
    if (match[1] === undefined) continue;
    const from = match.index + match[0].length;
    out.push(mutant(file, text, from, from, '0 * ', `rule ${match[1]}`, 'off'));
    out.push(mutant(file, text, from, from, '-1 * ', `rule ${match[1]}`, 'inverted'));
  }
  return out.filter((m) => m !== undefined);
}

function mutant(file, text, from, to, changed, what, how) {
  const line = text.slice(0, from).split('\n').length;
  return {
    file, how, line,
    id: `${file}.js:${line}: ${what.replace(/\s+/g, ' ')}: ${how}`,
    key: `${file}: ${what.replace(/\s+/g, ' ')}: ${how}`,
    text: text.slice(0, from) + changed + text.slice(to),
  };
}

function closing(text, open) {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')' && --depth === 0) return i;
  }
  return text.length;
}

async function worker() {
  const dir = mkdtempSync(join(tmpdir(), 'model-mutate-'));
  try {
    for (const part of ['dist/src', 'dist/test/case', 'dist/test/model', 'test/case', 'package.json']) {
      cpSync(join(ROOT, part), join(dir, part), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
    for (let m = queue.shift(); m !== undefined; m = queue.shift()) {
      const path = join(dir, 'dist/src/model', `${m.file}.js`);
      const original = readFileSync(path, 'utf8');
      writeFileSync(path, m.text);
      if (!(await notices(dir))) {
        survivors.push(m);
        process.stdout.write(`not noticed: ${m.id}\n`);
      }
      writeFileSync(path, original);
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Whether the tables fail in this copy: those of kernels, or those of bound flows. */
async function notices(dir) {
  return (await fails(dir, 'conformance')) || (await fails(dir, 'model-pvd')) || (await fails(dir, 'pvd'));
}

/** A hang counts as a failure. */
function fails(dir, suite) {
  return new Promise((resolve) => {
    const env = { ...process.env, MODEL_BAIL: '1' };
    const child = spawn(process.execPath, [join(dir, `dist/test/model/${suite}.test.js`)], { stdio: 'ignore', env });
    const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(code !== 0);
    });
  });
}
