#!/usr/bin/env node
/**
 * Mutation check: changes the rules of the model one at a time, and demands that the
 * conformance tables alone notice. A survivor names a missing row. Each condition is disabled and
 * inverted, each operator in one turned (&& to ||, === to !==, < to >=), each rule of source
 * selection disabled, inverted and put behind the next.
 * Works on copies of dist/. Exit 1 when a mutant survives that model-mutate-equivalent.json does
 * not explain, or when an explanation is stale.
 *   scripts/model-mutate.mjs [TEXT…]     only mutants with such a text in their name
 */

import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MODEL = 'dist/src/model';
/**
 * Without what only explains or prints, keeps a live state current (test/model/model-edit.test.ts),
 * or has tables of its own: the alternatives and the effects of RAs.
 */
const FILES = readdirSync(join(ROOT, MODEL))
  .filter((name) => name.endsWith('.js'))
  .map((name) => name.slice(0, -3))
  .filter((name) => !/^(explain|ladder|fib6-(memory|leaf)|model-edit|alternative.*|ip-command|.*-commands|ra-.*)$/.test(name));
/** Mutants no answer can show: name without its line → why. */
const EQUIVALENT = JSON.parse(readFileSync(join(ROOT, 'scripts/model-mutate-equivalent.json'), 'utf8'));
const TABLES = execFileSync(process.execPath, [join(ROOT, 'dist/test/model/tables-main.js')], { maxBuffer: 2 ** 26 });
const WORKERS = 2;
/** Rows that noticed a mutant lately are asked first. */
const noticing = [];
const HOT_MAX = 40;
const TIMEOUT_MS = 60_000;
const OPERATOR = /(?<= )(&&|\|\||===|!==|<=?|>=?)(?=\s)/g;
const TURNED = { '&&': '||', '||': '&&', '===': '!==', '!==': '===', '<': '>=', '>=': '<', '>': '<=', '<=': '>' };

const only = process.argv.slice(2);
const mutants = FILES.flatMap(mutantsOf).filter((m) => only.length === 0 || only.some((o) => m.id.includes(o)));
process.stdout.write(`${mutants.length} mutants\n`);
const survivors = [];
const queue = [...mutants];
await Promise.all(Array.from({ length: WORKERS }, worker));
const explained = new Set(survivors.map(({ key }) => key).filter((key) => EQUIVALENT[key] !== undefined));
const unexplained = survivors.filter(({ key }) => !explained.has(key));
const stale = only.length > 0 ? [] : Object.keys(EQUIVALENT).filter((key) => !explained.has(key));
for (const key of stale) process.stdout.write(`stale explanation (the tables notice it now): ${key}\n`);
process.stdout.write(
  `${mutants.length - survivors.length} noticed, ${survivors.length - unexplained.length} explained, ${unexplained.length} bad\n`,
);
process.exitCode = unexplained.length + stale.length > 0 ? 1 : 0;

function mutantsOf(file) {
  const text = readFileSync(join(ROOT, MODEL, `${file}.js`), 'utf8');
  const code = blanked(text);
  return [
    ...conditions(file, text, code),
    ...operators(file, text, code),
    ...choices(file, text, code),
    ...(file === 'rfc6724-saddr' ? scores(file, text) : []),
    ...(file === 'profile' ? orders(file, text) : []),
  ];
}

/** Comments, strings, regular expressions and what only explains as spaces: the rest is at the same place. */
function blanked(text) {
  const hidden = /function (?:trace\w*|lossOf)\([\s\S]*?\n\}|\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|\/\^(?:[^/\\\n]|\\.)*\//g;
  return text.replace(hidden, (found) => found.replace(/[^\n]/g, ' '));
}

function conditions(file, text, code) {
  return [...code.matchAll(/\bif \(/g)].flatMap((match) => {
    const from = match.index + match[0].length;
    const to = closing(code, from - 1);
    const cond = text.slice(from, to);
    if (/\btrace\b/.test(cond)) return [];
    return [['off', 'false'], ['inverted', `!(${cond})`]].map(([how, changed]) =>
      mutant(file, text, from, to, changed, `if (${cond})`, how),
    );
  });
}

/** But for loops, and for what inverting an `if` does already. */
function operators(file, text, code) {
  const skipped = [...code.matchAll(/\b(for|while|if) \(/g)].map((match) => {
    const from = match.index + match[0].length;
    const to = closing(code, from - 1);
    const isOne = (code.slice(from, to).match(OPERATOR) ?? []).length === 1;
    return match[1] !== 'if' || isOne ? [from, to] : [0, 0];
  });
  return [...code.matchAll(OPERATOR)].flatMap((match) => {
    const at = match.index;
    if (skipped.some(([from, to]) => at >= from && at < to)) return [];
    const what = text.slice(text.lastIndexOf('\n', at) + 1, text.indexOf('\n', at)).trim();
    if (/trace|\bsuppressed && /.test(what)) return [];
    const nth = code.slice(code.lastIndexOf('\n', at), at).split(` ${match[0]} `).length;
    const turned = TURNED[match[0]];
    return [mutant(file, text, at, at + match[0].length, turned, what, `${match[0]} ${nth} to ${turned}`)];
  });
}

/** `x ? a : b` and cases of a switch. */
function choices(file, text, code) {
  const ternaries = [...code.matchAll(/(?<!trace.*)(?<=\breturn |\(| [=:?] |, )([\w.]+)(?= \? )/g)].map((match) =>
    mutant(file, text, match.index, match.index, '!', `${match[0]} ?`, 'inverted'),
  );
  const cases = [...code.matchAll(/\bcase ([\w.]+)(?=:)/g)].map((match) => {
    const from = match.index + 5;
    return mutant(file, text, from, from + match[1].length, 'NaN', match[0], 'off');
  });
  return [...ternaries, ...cases];
}

function scores(file, text) {
  return [...text.matchAll(/^ {4}'?([\w-]+)'?: \((?:_|ctx), c\) => (?!\{)|^ {4}'?([\w-]+)'?: [^\n]*\{[^}]*return /gm)].flatMap((match) => {
    const at = match.index + match[0].length;
    const rule = `rule ${match[1] ?? match[2]}`;
    const rest = text.slice(at);
    const end = at + rest.search(/;|,\n {4}(?:\/\/|'|\w)|,\n\};/);
    const score = text.slice(at, end);
    return [['off', '0'], ['inverted', `-(${score})`]].map(([how, changed]) =>
      mutant(file, text, at, end, changed, rule, how),
    );
  });
}

/** Rules of source selection in another order. */
function orders(file, text) {
  return ['KERNEL_RULES', 'RFC_RULES'].flatMap((name) => {
    const from = text.indexOf(`const ${name} = [`);
    const to = text.indexOf(']', from);
    const rules = [...text.slice(from, to).matchAll(/'[\w-]+'/g)].map(([rule]) => rule);
    return rules.slice(1).map((after, i) => {
      const list = rules.with(i, after).with(i + 1, rules[i]);
      return mutant(file, text, from, to, `const ${name} = [${list}`, `${name}: ${rules[i]}`, `behind ${after}`);
    });
  });
}

function mutant(file, text, from, to, changed, what, how) {
  const line = text.slice(0, from).split('\n').length;
  const name = `${what.replace(/\s+/g, ' ')}: ${how}`;
  return {
    file,
    id: `${file}.js:${line}: ${name}`,
    key: `${file}: ${name}`,
    text: text.slice(0, from) + changed + text.slice(to),
  };
}

function closing(code, open) {
  let depth = 0;
  for (let i = open; i < code.length; i++) {
    if (code[i] === '(') depth++;
    else if (code[i] === ')' && --depth === 0) return i;
  }
  return code.length;
}

async function worker() {
  const dir = mkdtempSync(join(tmpdir(), 'model-mutate-'));
  try {
    for (const part of ['dist/src', 'dist/test/case', 'dist/test/model', 'package.json']) {
      cpSync(join(ROOT, part), join(dir, part), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
    writeFileSync(join(dir, 'tables.json'), TABLES);
    for (let m = queue.shift(); m !== undefined; m = queue.shift()) {
      const path = join(dir, MODEL, `${m.file}.js`);
      const original = readFileSync(path, 'utf8');
      writeFileSync(path, m.text);
      const by = await noticedBy(dir);
      writeFileSync(path, original);
      if (by === undefined) survivors.push(m);
      else if (by !== '') noticing.splice(0, noticing.length, ...new Set([by, ...noticing.slice(0, HOT_MAX)]));
      if (by === undefined && EQUIVALENT[m.key] === undefined) process.stdout.write(`survived: ${m.id}\n`);
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** The row that fails in this copy, '' for a crash or a hang; undefined when none does. */
function noticedBy(dir) {
  return new Promise((resolve) => {
    const args = [join(dir, 'dist/test/model/tables-main.js'), join(dir, 'tables.json'), ...noticing];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    let by = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (by += text));
    const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(code === 0 ? undefined : by);
    });
  });
}
