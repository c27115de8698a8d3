/**
 * Reading the ring, in JavaScript and in C with libbpf, in the same run with the same
 * producer: the consumer on CPU 0, the producer on CPU 1. Runs on any kernel that
 * takes BPF programs of type SYSCALL (5.14 and later), as root.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { AgentError } from '../agent/error.ts';
import type { Figure } from './figure.ts';

const SOURCE = fileURLToPath(new URL('../../bench/', import.meta.url));
const BUILT = fileURLToPath(new URL('./native/', import.meta.url));
const RING_DEFAULT = 64 << 20;
const RING_FLOOD = 16 << 20;
/** Record and its ring header. */
const LINK_BYTES = 136;
const SHAPE = { link: '0', lookup: '1' } as const;

type Consumer = 'c-poll' | 'c-coalesce' | 'js' | 'js-decode';

interface Case {
  readonly consumer: Consumer;
  readonly ringBytes: number;
  readonly producer: readonly string[];
  /** Produce all before anybody reads. */
  readonly drain?: boolean;
  readonly stallMs?: number;
}

interface Outcome {
  readonly events: number;
  readonly gaps: number;
  readonly sec: number;
  readonly cpuSec: number;
  readonly checksum: number;
  readonly drops: number;
}

/** What the benchmark's processes print; each prints some of it. */
interface Line {
  readonly prog?: number;
  readonly bss?: number;
  readonly drops?: number;
  readonly cpuPercent?: number;
  readonly rssKib?: number;
}

function build(): void {
  mkdirSync(BUILT, { recursive: true });
  const bpf = '-g -O2 -target bpf -mcpu=v3 -Wall -Werror -I/usr/include/x86_64-linux-gnu -c';
  compile('ring.bpf.c', 'ring.bpf.o', bpf.split(' '), []);
  compile('producer.c', 'producer', ['-O2', '-Wall'], ['-lbpf']);
  compile('consumer.c', 'consumer', ['-O2', '-Wall'], ['-lbpf']);
}

function compile(from: string, to: string, flags: string[], libraries: string[]): void {
  const source = SOURCE + from;
  const target = BUILT + to;
  const args = [...flags, source, '-o', target, ...libraries];
  const done = spawnSync('clang', args, { encoding: 'utf8' });
  if (done.status === 0) return;
  throw new AgentError({
    code: 'PVD_ERR_TOOL',
    op: `compile ${from}`,
    message: `clang ${args.join(' ')}: ${done.error?.message ?? done.stderr}`,
    hint: 'apt install clang libbpf-dev',
  });
}

/** Pinned, and ahead of whatever else the machine does: both sides of a comparison alike. */
function onCpu(cpu: number, command: string, args: readonly string[]): ChildProcess {
  const argv = ['-r', '50', 'taskset', '-c', String(cpu), command, ...args];
  return spawn('chrt', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
}

/** The JSON lines a child prints, one a call. */
function lines(child: ChildProcess): () => Promise<Line> {
  if (child.stdout === null) throw new Error('no stdout');
  const iterator = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async () => {
    const line = await iterator.next();
    if (line.done) throw new Error(`a benchmark process ended early: ${child.spawnargs.join(' ')}`);
    return JSON.parse(line.value) as Line;
  };
}

/** To be called before anything is awaited: the event comes once. */
function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => resolve());
  });
}

function startConsumer(test: Case): ChildProcess {
  const stall = String(test.stallMs ?? 0);
  const object = `${BUILT}ring.bpf.o`;
  const ring = String(test.ringBytes);
  if (test.consumer === 'js' || test.consumer === 'js-decode') {
    const script = fileURLToPath(new URL('./ring-consumer.js', import.meta.url));
    const mode = test.consumer === 'js' ? 'raw' : 'decode';
    return onCpu(0, process.execPath, [script, object, ring, mode, stall]);
  }
  return onCpu(0, `${BUILT}consumer`, [object, ring, test.consumer.slice(2), stall]);
}

async function run(test: Case): Promise<Outcome> {
  const consumer = startConsumer(test);
  const consumerEnd = ended(consumer);
  const answer = lines(consumer);
  const ids = await answer();
  if (!test.drain) consumer.stdin?.write('go\n');
  const argv = [String(ids.prog), String(ids.bss), ...test.producer];
  const producer = onCpu(1, `${BUILT}producer`, argv);
  const producerEnd = ended(producer);
  const produced = await lines(producer)();
  if (test.drain) {
    await producerEnd;
    consumer.stdin?.write('go\n');
  }
  const outcome = await answer();
  await Promise.all([consumerEnd, producerEnd]);
  return { ...(outcome as unknown as Outcome), drops: produced.drops ?? -1 };
}

/** The middle one of three runs, by rate. */
async function median(test: Case): Promise<Outcome> {
  const outcomes = [await run(test), await run(test), await run(test)];
  outcomes.sort((a, b) => a.events / a.sec - b.events / b.sec);
  return outcomes[1] as Outcome;
}

async function drain(consumer: Consumer): Promise<Figure[]> {
  const count = Math.floor(RING_DEFAULT / LINK_BYTES) - 64;
  const producer = ['flood', String(count), '4000', SHAPE.link];
  const got = await median({ consumer, ringBytes: RING_DEFAULT, producer, drain: true });
  return [{ name: `drain.${consumer}`, value: got.events / got.sec / 1e6, unit: 'M records/s' }];
}

async function flood(consumer: Consumer): Promise<Figure[]> {
  const producer = ['flood', '4000000', '2000', SHAPE.link];
  const got = await median({ consumer, ringBytes: RING_FLOOD, producer });
  const name = `flood-4M.${consumer}`;
  return [
    { name, value: got.events / got.sec / 1e6, unit: 'M records/s' },
    { name: `${name}.lost`, value: got.gaps, unit: 'records' },
  ];
}

async function paced(
  consumer: Consumer,
  rate: number,
  shape: keyof typeof SHAPE,
): Promise<Figure[]> {
  const producer = ['paced', String(rate), '3', SHAPE[shape]];
  const got = await median({ consumer, ringBytes: RING_DEFAULT, producer });
  const name = `paced-${rate / 1000}k-${shape}.${consumer}`;
  return [
    { name: `${name}.cpu`, value: (100 * got.cpuSec) / got.sec, unit: '% of a core' },
    { name: `${name}.lost`, value: got.gaps, unit: 'records' },
  ];
}

async function stall(consumer: Consumer, shape: keyof typeof SHAPE): Promise<Figure[]> {
  const producer = ['paced', '100000', '4', SHAPE[shape]];
  const got = await run({ consumer, ringBytes: RING_DEFAULT, producer, stallMs: 2000 });
  return [{ name: `stall-2s-${shape}.${consumer}.lost`, value: got.gaps, unit: 'records' }];
}

async function idle(): Promise<Figure[]> {
  const script = fileURLToPath(new URL('./ring-consumer.js', import.meta.url));
  const argv = [script, `${BUILT}ring.bpf.o`, String(RING_DEFAULT), 'idle', '0'];
  const got = await lines(onCpu(0, process.execPath, argv))();
  const rssMb = ((got.rssKib ?? 0) * 1024 - RING_DEFAULT) / 1e6;
  return [
    { name: 'idle.js.cpu', value: got.cpuPercent ?? -1, unit: '% of a core' },
    { name: 'idle.js.rss', value: rssMb, unit: 'MB, ring counted once' },
  ];
}

/** All figures about the ring, told one by one. */
export async function ringFigures(tell: (figure: Figure) => void): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new AgentError({
      code: 'PVD_ERR_CAPABILITY',
      op: 'bench ring',
      message: 'the ring benchmark loads BPF programs: root is needed',
      hint: 'run as root',
    });
  }
  build();
  const told = async (figures: Promise<Figure[]>): Promise<void> => {
    for (const figure of await figures) tell(figure);
  };
  for (const consumer of ['c-poll', 'c-coalesce', 'js'] as const) await told(drain(consumer));
  for (const consumer of ['c-poll', 'c-coalesce', 'js'] as const) await told(flood(consumer));
  for (const rate of [100_000, 500_000]) {
    for (const consumer of ['c-poll', 'c-coalesce', 'js-decode'] as const) {
      await told(paced(consumer, rate, 'link'));
    }
    await told(paced('js-decode', rate, 'lookup'));
  }
  for (const consumer of ['c-poll', 'js-decode'] as const) await told(stall(consumer, 'link'));
  await told(stall('js-decode', 'lookup'));
  await told(idle());
}
