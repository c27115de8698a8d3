/** Counters in the Prometheus text format, version 0.0.4. */

import type { StatsData } from '../../src/publish/envelope.ts';
import type { EnvelopeHub } from './hub.ts';

/** One metric: name, help, type, and its samples with their labels. */
type Metric = readonly [
  name: string,
  help: string,
  type: 'counter' | 'gauge',
  samples: readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[],
];

export function formatMetrics(
  stats: StatsData,
  hub: EnvelopeHub['counts'],
  hookHits: Readonly<Record<string, number>>,
): string {
  const by = (label: string, counts: Readonly<Record<string, number>>): Metric[3] =>
    Object.entries(counts).map(([key, value]) => [{ [label]: key }, value]);
  const verdicts = (counts: StatsData['verdicts']): Metric[3] => [
    [{ verdict: 'agree' }, counts.agree],
    [{ verdict: 'diverge' }, counts.diverge],
    ...Object.entries(counts.undecided).map(
      ([reason, value]) => [{ verdict: 'undecided', reason }, value] as const,
    ),
  ];
  const metrics: readonly Metric[] = [
    ['pvdscope_records_total', 'Records read, by kind.', 'counter', by('kind', stats.byKind)],
    ['pvdscope_hook_hits_total', 'How often a hook ran.', 'counter', by('hook', hookHits)],
    ['pvdscope_lost_total', 'Records lost by BPF.', 'counter', [[{}, stats.lost]]],
    [
      'pvdscope_skipped_total',
      'Runs of hooks that the kernel skipped.',
      'counter',
      [[{}, stats.skipped ?? 0]],
    ],
    ['pvdscope_left_out_total', 'Decisions not told: ring full.', 'counter', [[{}, stats.leftOut]]],
    [
      'pvdscope_judged_share',
      'Of all decisions, those judged.',
      'gauge',
      [[{}, stats.judgedShare]],
    ],
    ['pvdscope_malformed_total', 'Undecodable records.', 'counter', by('code', stats.malformed)],
    ['pvdscope_unknown_total', 'Records of unknown kind.', 'counter', [[{}, stats.unknown]]],
    ['pvdscope_decisions_total', 'Decisions, by verdict.', 'counter', verdicts(stats.verdicts)],
    ['pvdscope_ras_total', 'RAs, by verdict.', 'counter', verdicts(stats.raVerdicts)],
    ['pvdscope_findings_total', 'Findings, by code.', 'counter', by('code', stats.findings)],
    ['pvdscope_drift_total', 'Rows dumps put right.', 'counter', by('table', stats.drift)],
    [
      'pvdscope_incomplete_total',
      'Decisions with missing parts.',
      'counter',
      [[{}, stats.incomplete]],
    ],
    ['pvdscope_netns', 'Network namespaces followed.', 'gauge', [[{}, stats.netns]]],
    ['pvdscope_envelopes_total', 'Envelopes published.', 'counter', [[{}, hub.published]]],
    ['pvdscope_dropped_total', 'Envelopes slow readers missed.', 'counter', [[{}, hub.dropped]]],
    ['pvdscope_readers', 'Readers of the stream.', 'gauge', [[{}, hub.readers]]],
  ];
  return metrics.map(formatMetric).join('');
}

function formatMetric([name, help, type, samples]: Metric): string {
  const lines = samples.map(([labels, value]) => `${name}${formatLabels(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => {
    const escaped = value.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n');
    return `${key}="${escaped}"`;
  });
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
