/** Why libbpf or the verifier refused an object: one useful line, and the whole log. */

import { AgentError } from '../error.ts';
import { ERRNO, errnoName } from './errno.ts';
import type { LogLine } from './log.ts';

const BEGIN = '-- BEGIN PROG LOAD LOG --';
const END = '-- END PROG LOAD LOG --';

export class BpfLoadError extends AgentError {
  readonly errno: number;
  /** Program that made the whole load fail, when libbpf names one. */
  readonly program: string | undefined;
  /** Everything libbpf and the verifier said. */
  readonly log: string;

  /** @param verifierLog of a buffer given to the kernel; without one it is among `lines`. */
  constructor(op: string, errno: number, lines: readonly LogLine[], verifierLog = '') {
    const said = lines.map((line) => line.text).join('\n');
    const log = verifierLog === '' ? said : `${said}\n${BEGIN}\n${verifierLog}${END}`;
    const program = guiltyProgram(log);
    const reason = usefulLine(log);
    const where = program === undefined ? op : `${op}: program ${program}`;
    const hint = errno === ERRNO.EPERM ? 'CAP_BPF and CAP_PERFMON (or root) are needed' : undefined;
    super({
      code: 'PVD_ERR_BPF_LOAD',
      op,
      message: `${where}: ${errnoName(errno)}${reason === undefined ? '' : `: ${reason}`}`,
      ...(hint === undefined ? {} : { hint }),
    });
    this.name = 'BpfLoadError';
    this.errno = errno;
    this.program = program;
    this.log = log;
  }
}

/** libbpf names the program in `prog 'x': …`; the last one named is the one it gave up at. */
export function guiltyProgram(log: string): string | undefined {
  let program: string | undefined;
  for (const match of log.matchAll(/prog '([^']+)': (?:BPF program load failed|failed to)/g)) {
    program = match[1];
  }
  return program;
}

const NOISE = [
  /^processed \d+ insns/,
  /^libbpf: failed to load object/,
  /^libbpf: prog '[^']+': (BPF program load failed|failed to load)/,
  /^-- (BEGIN|END) PROG LOAD LOG/,
  /-- (BEGIN|END) PROG LOAD LOG/,
  /^libbpf: permission error while running as root/,
  /^verification time/,
  /^stack depth/,
  /^arg#\d+ reference type/,
  /^\s*$/,
];

/** The last line that says something: of the verifier's log, or of libbpf. */
export function usefulLine(log: string): string | undefined {
  const block = /-- BEGIN PROG LOAD LOG --\n([\s\S]*?)-- END PROG LOAD LOG --/.exec(log)?.[1];
  for (const text of [block ?? '', log]) {
    const lines = text.split('\n').filter((line) => !NOISE.some((noise) => noise.test(line)));
    const last = lines.at(-1)?.trim();
    if (last !== undefined && last !== '') return last.replace(/^libbpf: /, '').slice(0, 300);
  }
  return undefined;
}
