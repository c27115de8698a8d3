/** The rules of the house that no compiler checks: who imports whom, purity, sizes, words. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Folder → folders of `src/` it may import (ARCHITECTURE.md shows the same table). */
const IMPORTS: Readonly<Record<string, readonly string[]>> = {
  'src/net': [],
  'src/decode': ['src/net'],
  'src/state': ['src/net', 'src/decode'],
  'src/model': ['src/net', 'src/decode', 'src/state'],
  'src/verify': ['src/net', 'src/decode', 'src/state', 'src/model'],
  'src/expect': ['src/net', 'src/state', 'src/verify'],
  'src/publish': ['src/net', 'src/decode', 'src/state', 'src/verify', 'src/expect'],
  dashboards: ['src/net', 'src/publish'],
};

/** Packages with one home each. */
const SOLE_IMPORTER: Readonly<Record<string, string>> = {
  koffi: 'agent/libbpf/',
  ws: 'agent/serve/',
  preact: 'dashboards/',
};

/** Source files that may be longer than the norm, each with its reason. */
const LONG: Readonly<Record<string, string>> = {
  'src/decode/event.ts': 'one catalogue of every event',
  'bpf/event.h': 'one catalogue of every record',
};
const LINES_MAX = 300;
const TEST_LINES_MAX = 500;

/** Files as git would commit them; a checkout without git (a package) has nothing to check. */
function sources(pattern: RegExp): string[] {
  if (!existsSync(join(root, '.git'))) return [];
  const list = ['ls-files', '--cached', '--others', '--exclude-standard'];
  return execFileSync('git', list, { cwd: root, encoding: 'utf8' })
    .split('\n')
    .filter((file) => pattern.test(file) && existsSync(join(root, file)));
}

function imports(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const statements = /^(?:import|export)\b(?:[^;']*?\bfrom)?\s*'([^']+)'|\bimport\(\s*'([^']+)'/gm;
  return [...text.matchAll(statements)].map((m) => m[1] ?? m[2] ?? '');
}

function folderOf(path: string): string {
  const parts = path.split('/');
  return parts[0] === 'src' && parts.length > 2 ? `src/${parts[1]}` : (parts[0] ?? '');
}

const typescript = sources(/\.tsx?$/).filter((file) => !file.endsWith('.gen.ts'));

test('there is something to check', { skip: !existsSync(join(root, '.git')) }, () => {
  assert.ok(typescript.length > 50, `only ${typescript.length} sources found`);
});

test('imports follow the table', () => {
  const wrong: string[] = [];
  for (const file of typescript) {
    const from = folderOf(file);
    const allowed = IMPORTS[from];
    for (const target of imports(file)) {
      if (target.startsWith('.')) {
        const to = folderOf(normalize(join(dirname(file), target)));
        if (allowed && to !== from && !allowed.includes(to)) wrong.push(`${file} → ${target}`);
        if (from === 'src' && !to.startsWith('src')) wrong.push(`${file} → ${target}`);
      } else if (from.startsWith('src') && target !== 'zod') wrong.push(`${file} → ${target}`);
      const home = SOLE_IMPORTER[target];
      if (home && !file.startsWith(home) && !/^(test|bench)\//.test(file)) {
        wrong.push(`${file} → ${target} (only ${home} may)`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

test('src/ has no clock and no randomness', () => {
  const wrong = typescript.filter(
    (file) =>
      file.startsWith('src/') &&
      /\b(Date\.now|new Date|Math\.random|performance\.now|setTimeout|setInterval)\b/.test(
        readFileSync(join(root, file), 'utf8'),
      ),
  );
  assert.deepEqual(wrong, []);
});

test('files stay small', () => {
  const long = sources(/\.(tsx?|c|h|mjs)$/)
    .filter((file) => !file.endsWith('.gen.ts') && !file.startsWith('test/case/'))
    .map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n').length - 1 }))
    .filter(({ file, lines }) => lines > (file.startsWith('test/') ? TEST_LINES_MAX : LINES_MAX))
    .filter(({ file }) => !(file in LONG));
  assert.deepEqual(long, []);
});

test('no default exports, no barrels', () => {
  const wrong = typescript.filter((file) =>
    /^export (default\b|\* from)/m.test(readFileSync(join(root, file), 'utf8')),
  );
  assert.deepEqual(wrong, []);
});

test('the page never makes markup of text', () => {
  const wrong = sources(/^dashboards\//).filter((file) =>
    /dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|document\.write/.test(
      readFileSync(join(root, file), 'utf8'),
    ),
  );
  assert.deepEqual(wrong, []);
});

test('every error code is explained', () => {
  const explained = readFileSync(join(root, 'docs/errors.md'), 'utf8');
  const codes = new Set(
    typescript
      .filter((file) => file.startsWith('agent/'))
      .flatMap(
        (file) => readFileSync(join(root, file), 'utf8').match(/'PVD_ERR_[A-Z0-9_]+'/g) ?? [],
      )
      .map((quoted) => quoted.slice(1, -1)),
  );
  assert.deepEqual(
    [...codes].filter((code) => !explained.includes(`\`${code}\``)),
    [],
  );
});
