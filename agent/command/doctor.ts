/** `pvdscope doctor`: what this kernel offers, and whether an RA and a lookup are really seen. */

import { Command, Option } from 'commander';
import { QUIRKS_NEW } from '../../src/model/profile.ts';
import { escapeJson, escapeTerminal } from '../../src/publish/escape.ts';
import { EXIT } from '../error.ts';
import { type Diagnosis, diagnose, type Finding } from '../probe/diagnosis.ts';

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('tell what this kernel offers, and test it with an RA and a route lookup')
    .addOption(new Option('--format <format>').choices(['text', 'json']).default('text'))
    .option('--verbose', 'print the whole log of each program the kernel refuses, on stderr')
    .addHelpText('after', '\nExit status: 0 everything needed is here, 3 it is not.')
    .action(async ({ format, verbose }: DoctorFlags) => {
      const diagnosis = await diagnose(verbose ? printLog : undefined);
      const text =
        format === 'json'
          ? `${escapeJson(JSON.stringify(diagnosis))}\n`
          : formatDiagnosis(diagnosis);
      process.stdout.write(text);
      process.exitCode = diagnosis.ok ? EXIT.ok : EXIT.environment;
    });
}

interface DoctorFlags {
  readonly format: 'text' | 'json';
  readonly verbose?: boolean;
}

function printLog(program: string, log: string): void {
  for (const line of log.split('\n')) process.stderr.write(`${program}: ${escapeTerminal(line)}\n`);
}

/** One line a finding; nothing in it moves a cursor. */
export function formatDiagnosis(diagnosis: Diagnosis): string {
  const { kernel, libbpf, hz, btfBytes, capabilities, tracing } = diagnosis;
  const lines = [
    row('kernel', kernel),
    row('libbpf', said(libbpf, String)),
    row('HZ', said(hz, String)),
    row(
      'BTF',
      said(btfBytes, (bytes) => `${(bytes / 1e6).toFixed(1)} MB`),
    ),
    row('capabilities', said(capabilities, missingText)),
    row(
      'tracing',
      said(tracing, () => 'possible'),
    ),
    row('behaviour', quirksText(diagnosis.quirks)),
    ...probeLines(diagnosis.probe),
    ...diagnosis.troubles.map((trouble) => row('trouble', trouble)),
    row('verdict', diagnosis.ok ? 'this kernel can be watched' : 'this kernel cannot be watched'),
  ];
  return `${lines.join('\n')}\n`;
}

function row(label: string, text: string): string {
  return `${label.padEnd(14)}${escapeTerminal(text)}`;
}

function said<T>(finding: Finding<T>, format: (value: T) => string): string {
  if (finding.ok) return format(finding.value);
  return finding.hint === undefined ? finding.reason : `${finding.reason} (${finding.hint})`;
}

function missingText(missing: readonly string[]): string {
  return missing.length === 0 ? 'all that are needed' : `missing: ${missing.join(', ')}`;
}

/** By the names of docs/model.md. */
function quirksText(quirks: Diagnosis['quirks']): string {
  const names = Object.keys(QUIRKS_NEW) as (keyof typeof QUIRKS_NEW)[];
  const text = (name: keyof typeof QUIRKS_NEW): string => {
    const on = quirks[name];
    return `${name} ${on === undefined ? '?' : on ? 'on' : 'off'}`;
  };
  return names.map(text).join(', ');
}

function probeLines(probe: Diagnosis['probe']): string[] {
  if (!probe.ok) return [row('hooks', said(probe, String))];
  const { hooks, degraded, times, profile, selfTest } = probe.value;
  const attached = hooks.filter((hook) => hook.attached).length;
  const ms = (value: number): string => `${Math.round(value)} ms`;
  const took = `load ${ms(times.loadMs)}, attach ${ms(times.attachMs)}, in all ${ms(times.totalMs)}`;
  const lines = [
    row('profile', profile),
    row('hooks', `${attached} of ${hooks.length} programs attached: ${took}`),
  ];
  for (const hook of hooks) {
    if (!hook.attached) lines.push(row('  absent', `${hook.program}: ${hook.reason ?? ''}`));
  }
  for (const { program, degrades } of degraded) {
    lines.push(row('  degraded', `without ${program}: ${degrades}`));
  }
  return [...lines, row('self-test', selfTestText(selfTest))];
}

function selfTestText({ ok, seen, lost, tookMs }: SelfTestOf<Diagnosis['probe']>): string {
  const names = Object.entries(seen);
  const list = (want: boolean): string =>
    names
      .filter(([, got]) => got === want)
      .map(([name]) => name)
      .join(', ') || 'nothing';
  const loss = lost === 0 ? '' : `; ${lost} records lost`;
  const time = `after ${Math.round(tookMs)} ms`;
  return ok
    ? `saw ${list(true)} ${time}${loss}`
    : `saw ${list(true)}; not ${list(false)} ${time}${loss}`;
}

type SelfTestOf<T> = T extends { readonly ok: true; readonly value: { selfTest: infer S } }
  ? S
  : never;
