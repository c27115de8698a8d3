/** The package as others use it: typed, without Node.js, and as the README says. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import vm from 'node:vm';
import { build } from 'esbuild';
import { PACKAGE_ROOT } from '../agent/paths.ts';

/** A project that has this package among its modules. */
const project = mkdtempSync(path.join(tmpdir(), 'pvdscope-library-'));
after(() => rmSync(project, { recursive: true }));
mkdirSync(path.join(project, 'node_modules'));
symlinkSync(PACKAGE_ROOT, path.join(project, 'node_modules/pvdscope'));
writeFileSync(path.join(project, 'package.json'), '{"type":"module"}');

function write(name: string, text: string): string {
  const file = path.join(project, name);
  writeFileSync(file, text);
  return file;
}

test('the example of the README is short, runs, and prints what is said', () => {
  const readme = readFileSync(path.join(PACKAGE_ROOT, 'README.md'), 'utf8');
  const [, example = '', said = ''] =
    /```js\n(import[^`]*from 'pvdscope\/nd'[\s\S]*?)```\n\n(.*)/.exec(readme) ?? [];
  assert.ok(example.split('\n').filter((line) => line !== '').length <= 15);
  const file = write('example.js', example);
  const printed = execFileSync(process.execPath, [file], { encoding: 'utf8' });
  const lines = [...said.matchAll(/`([^`]*)`/g)].map(([, line]) => line);
  assert.deepEqual(printed.trimEnd().split('\n'), lines);
});

const USE: Readonly<Record<string, string>> = {
  nd: `
    import { decodeRa, encodeRa, optionFields, raPvds } from 'pvdscope/nd';
    const octets = Uint8Array.from([134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 5, 1, 0, 0, 0, 0, 5, 220]);
    const ra = decodeRa(octets);
    globalThis.seen = [ra.outcome, optionFields(ra.options[0])[0][1], encodeRa(ra).length];`,
  model: `
    import { addr6, LINUX, parseSnapshot, predict } from 'pvdscope/model';
    const none = { link: [], devconf: [], address: [], route: [], rule: [], label: [], neighbour: [], nexthop: [], pvd: [], sysctl: [] };
    const snapshot = parseSnapshot({ netnsCookie: '1', name: '', inum: 0, tsNs: '0', seeded: true, missing: [], lostNs: null, version: 1, refused: {}, tables: none });
    const query = { kind: 'lookup', daddr: addr6('2001:db8::1'), fromNs: 0n, toNs: 0n };
    globalThis.seen = predict(snapshot, query, LINUX).outcomes.map(({ error }) => error);`,
};

for (const [name, seen] of [
  ['nd', ['accept', 1500, 24]],
  ['model', [101]],
] as const) {
  test(`pvdscope/${name} runs where there is no Node.js and no DOM`, async () => {
    const entry = write(`${name}.js`, USE[name] ?? '');
    const { outputFiles, metafile, warnings } = await build({
      entryPoints: [entry],
      bundle: true,
      platform: 'browser',
      format: 'iife',
      target: 'es2022',
      write: false,
      metafile: true,
      logLevel: 'silent',
    });
    assert.deepEqual(warnings, []);
    const inputs = Object.keys(metafile.inputs).filter((file) => !file.endsWith(`/${name}.js`));
    const strangers = inputs.filter((file) => !file.includes('dist/src/'));
    assert.deepEqual(strangers, []);
    const global = vm.createContext(Object.create(null));
    vm.runInContext(outputFiles[0]?.text ?? '', global);
    assert.deepEqual(JSON.parse(JSON.stringify(global['seen'])), seen);
  });
}

test('the entry points are typed', () => {
  const right = write(
    'right.ts',
    `import { type DecodedOption, decodeRa, type RaDecoded } from 'pvdscope/nd';
     import { LINUX, type Prediction, predict, type Query, type Snapshot } from 'pvdscope/model';
     export const first = (octets: Uint8Array): DecodedOption | undefined => decodeRa(octets).options[0];
     export const mtu = (ra: RaDecoded): number[] =>
       ra.options.flatMap((option) => (option.kind === 'mtu' ? [option.mtuBytes] : []));
     export const ask = (s: Snapshot, q: Query): Prediction => predict(s, q, LINUX);`,
  );
  const wrong = write(
    'wrong.ts',
    `import { decodeRa } from 'pvdscope/nd';
     export const n: number = decodeRa(new Uint8Array()).outcome;`,
  );
  assert.equal(typeErrors(right), '');
  assert.match(typeErrors(wrong), /wrong\.ts\(2,\d+\): error TS2322/);
});

/** What the compiler says with the options of a project of its own. */
function typeErrors(file: string): string {
  const tsc = path.join(PACKAGE_ROOT, 'node_modules/typescript/bin/tsc');
  const options = ['--noEmit', '--strict', '--module', 'node20', '--target', 'es2023'];
  try {
    execFileSync(process.execPath, [tsc, ...options, file], { cwd: project, encoding: 'utf8' });
    return '';
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
