/** The running kernel answers the conformance tables as the model does. Needs root and iproute2. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createModelState } from '../../src/model/model-state.ts';
import { createModel } from '../../src/model/predict.ts';
import { LINUX, withQuirks } from '../../src/model/profile.ts';
import {
  type KernelAnswer,
  kernelPlain,
  matches,
  modelAnswers,
  parseAsk,
  plainText,
  samePlain,
  stateOf,
} from '../case/answer.ts';
import { toSnapshot } from '../case/ip-state.ts';
import { answersOf, type ModelCase, readTable, TABLES, type Traits } from '../case/model-case.ts';

interface KernelCase {
  readonly id: string;
  readonly answers?: readonly KernelAnswer[];
  readonly skip?: string;
}

/** Distinct destinations tried for an answer that has several, so that the hash varies. */
const SPREAD = 24;

const RUNNER = fileURLToPath(new URL('../../../test/net/model-kernel.py', import.meta.url));

export function askKernel(cases: readonly object[]): Map<string, KernelCase> {
  const done = spawnSync('python3', [RUNNER], {
    input: JSON.stringify(cases),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const out = new Map<string, KernelCase>();
  for (const line of done.stdout.split('\n')) {
    if (line !== '') out.set((JSON.parse(line) as KernelCase).id, JSON.parse(line) as KernelCase);
  }
  return out;
}

/** Two states that tell the traits of this kernel; see Quirks. */
function calibrate(): Traits {
  const many = (question: string): object[] =>
    Array.from({ length: SPREAD }, (_, i) => parseAsk(question.replace('X', (i + 1).toString(16))));
  const group = [
    'dev A B',
    'nexthop add id 1 via fe80::1 dev A',
    'nexthop add id 2 via fe80::1 dev B',
    'nexthop add id 3 group 1/2',
    'route add ::/0 nhid 3',
  ];
  const home = [
    'dev A',
    'route add ::/0 via fe80::1 dev A',
    'addr add P:1::1/64 dev A home',
    'addr add P:1::2/64 dev A',
  ].map((line) => line.replace('P:', '2001:db8:'));
  const answers = askKernel([
    { id: 'group', lines: group, asks: many('get 2001:db8:9::X oif A') },
    { id: 'home', lines: home, asks: [parseAsk('udp 2001:db8:9::1')] },
  ]);
  const shares = answers.get('group')?.answers;
  assert(shares !== undefined, `calibration failed: ${answers.get('group')?.skip}`);
  return {
    new: shares.every((a) => a.oif === 'A'),
    mip6: answers.get('home')?.answers?.[0]?.src === '2001:db8:1::1',
  };
}

/** The question, and for set-valued answers the same for other destinations of the /112. */
function spread(question: string, want: readonly string[]): string[] {
  if (want.length === 1) return [question];
  return Array.from({ length: SPREAD }, (_, i) =>
    question.replace(/::1\b/, `::${(i + 1).toString(16)}`),
  );
}

const traits = calibrate();

describe(`this kernel (${JSON.stringify(traits)})`, () => {
  const rows = TABLES.flatMap(readTable).map((row) => {
    const { state, lines } = stateOf(row.state);
    const questions = Object.entries(row.ask).flatMap(([question, answer]) => {
      const want = answersOf(answer, traits);
      return spread(question, want).map((text) => ({ text, want }));
    });
    return { row, state, lines, questions };
  });
  const kernel = askKernel(
    rows.map(({ row, lines, questions }) => ({
      id: row.id,
      lines,
      wait: row.wait ?? 0,
      asks: questions.map(({ text }) => parseAsk(text)),
    })),
  );
  for (const { row, state, questions } of rows) {
    it(`${row.id}: ${row.why}`, (t) => check(t, row, state, questions, kernel.get(row.id)));
  }
});

function check(
  t: { skip(why: string): void },
  row: ModelCase,
  state: ReturnType<typeof stateOf>['state'],
  questions: readonly { text: string; want: readonly string[] }[],
  answered: KernelCase | undefined,
): void {
  if (answered?.skip !== undefined && row.needs !== undefined) {
    t.skip(answered.skip);
    return;
  }
  assert(answered?.answers !== undefined, `set-up failed: ${answered?.skip}`);
  const quirks = { oifMatchShortcut: traits.new, nhgrpScanAll: traits.new, mip6: traits.mip6 };
  const model = createModel(createModelState(toSnapshot(state)), withQuirks(LINUX, quirks));
  for (const [i, { text, want }] of questions.entries()) {
    const answer = kernelPlain(state, answered.answers[i] as KernelAnswer);
    const named = want.find((token) => matches(state, answer, token));
    assert(named !== undefined, `${text}: kernel ${plainText(answer)}, table ${want.join(' | ')}`);
    const allowed = modelAnswers(model, state, parseAsk(text));
    assert(
      allowed.some((a) => samePlain(a, answer)),
      `${text}: kernel ${plainText(answer)}, model ${allowed.map(plainText).join(' | ')}`,
    );
  }
}
