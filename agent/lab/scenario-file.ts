/** From a scenario file to a checked {@link Scenario}; every error has its place. */

import path from 'node:path';
import type { z } from 'zod';
import { AgentError, EXIT } from '../error.ts';
import { checkRouterConfig, loadRouterConfig } from '../router/config.ts';
import { nearest } from './nearest.ts';
import type { Scenario } from './scenario.ts';
import { scenarioSchema } from './scenario-schema.ts';
import { knownKeys } from './schema-words.ts';
import { parseYaml, readYaml, subSource, type YamlPath, type YamlSource } from './yaml-source.ts';

export interface ScenarioFile {
  readonly scenario: Scenario;
  readonly source: YamlSource;
}

interface Fault {
  readonly place: string;
  readonly message: string;
}

/** @throws AgentError `PVD_ERR_YAML_READ`, and as {@link parseScenario} */
export function loadScenario(file: string): ScenarioFile {
  return checkScenario(readYaml(file));
}

/** @throws AgentError `PVD_ERR_YAML`, `PVD_ERR_SCENARIO`, `PVD_ERR_ROUTER_CONFIG` */
export function parseScenario(text: string, file: string): ScenarioFile {
  return checkScenario(parseYaml(text, file));
}

function checkScenario(source: YamlSource): ScenarioFile {
  const parsed = scenarioSchema.safeParse(source.value);
  if (!parsed.success) {
    throw scenarioError(causes(parsed.error.issues).flatMap((i) => describe(i, source)));
  }
  const faults = checkReferences(parsed.data, source);
  if (faults.length > 0) throw scenarioError(faults);
  checkRouters(parsed.data, source);
  return { scenario: parsed.data, source };
}

/** A key that is mistyped also seems to be missing: that is not told. */
function causes(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  const mistyped = issues.filter((i) => i.code === 'unrecognized_keys').map((i) => i.path.join());
  return issues.filter((i) => i.code !== 'custom' || !mistyped.includes(i.path.join()));
}

function scenarioError(faults: readonly Fault[]): AgentError {
  const [first, ...more] = faults;
  return new AgentError({
    code: 'PVD_ERR_SCENARIO',
    op: 'check scenario',
    message: `${first?.place}: ${first?.message}`,
    ...(more.length > 0
      ? {
          hint: `more errors: ${more
            .slice(0, 5)
            .map((f) => `${f.place}: ${f.message}`)
            .join('; ')}`,
        }
      : {}),
    exitCode: EXIT.usage,
  });
}

function describe(issue: z.core.$ZodIssue, source: YamlSource): Fault[] {
  const at = issue.path;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      place: source.at([...at, key], 'key'),
      message: `unknown key "${key}"${suggest(key, knownKeys(scenarioSchema, at))}`,
    }));
  }
  const place = source.at(at, issue.code === 'invalid_key' ? 'key' : 'value');
  if (issue.code === 'invalid_key') {
    return [{ place, message: issue.issues[0]?.message ?? 'not a possible name' }];
  }
  if (issue.code === 'invalid_union') return [{ place, message: describeUnion(issue) }];
  const isMissing = issue.code === 'invalid_type' && valueAt(source.value, at) === undefined;
  if (isMissing) return [{ place, message: `"${String(at.at(-1))}" is missing` }];
  return [{ place, message: issue.message }];
}

/** The branches' own complaints, e.g. "expected string or array". */
function describeUnion(issue: z.core.$ZodIssueInvalidUnion): string {
  const types = issue.errors.flat().flatMap((i) => (i.code === 'invalid_type' ? [i.expected] : []));
  const others = issue.errors.flat().filter((i) => i.code !== 'invalid_type');
  const [other] = others;
  if (other) return other.message;
  return `expected ${[...new Set(types)].join(' or ')}`;
}

function suggest(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  if (near !== undefined) return `, did you mean "${near}"?`;
  return known.length > 0 && known.length <= 12 ? `; there are ${known.join(', ')}` : '';
}

function valueAt(value: unknown, at: YamlPath): unknown {
  return at.reduce<unknown>(
    (v, step) => (v as Record<PropertyKey, unknown> | undefined)?.[step],
    value,
  );
}

/** The configurations of our own routers, inline or in files of their own. */
function checkRouters({ routers }: Scenario, source: YamlSource): void {
  for (const [name, { pvdscope }] of Object.entries(routers)) {
    if (typeof pvdscope === 'string') {
      loadRouterConfig(path.resolve(path.dirname(source.file), pvdscope));
    } else if (pvdscope !== undefined) {
      checkRouterConfig(subSource(source, ['routers', name, 'pvdscope']));
    }
  }
}

/** Names that refer to other parts of the file. */
function checkReferences(scenario: Scenario, source: YamlSource): Fault[] {
  const faults: Fault[] = [];
  const refer = (at: YamlPath, what: string, known: object) => {
    const word = valueAt(scenario, at);
    if (typeof word !== 'string' || Object.hasOwn(known, word)) return;
    const message = `there is no ${what} "${word}"${suggest(word, Object.keys(known))}`;
    faults.push({ place: source.at(at), message });
  };
  const { namespaces, links, routers, processes } = scenario;
  for (const [ns, { interfaces }] of Object.entries(namespaces)) {
    for (const name of Object.keys(interfaces)) {
      refer(['namespaces', ns, 'interfaces', name, 'link'], 'link', links);
      refer(['namespaces', ns, 'interfaces', name, 'master'], 'interface', interfaces);
    }
  }
  for (const [name, router] of Object.entries(routers)) {
    refer(['routers', name, 'in'], 'namespace', namespaces);
    const interfaces = namespaces[router.in]?.interfaces ?? {};
    refer(['routers', name, 'interface'], `interface in ${router.in}`, interfaces);
    if (Object.hasOwn(processes, name)) {
      const message = `"${name}" is a process already`;
      faults.push({ place: source.at(['routers', name], 'key'), message });
    }
  }
  for (const name of Object.keys(processes))
    refer(['processes', name, 'in'], 'namespace', namespaces);
  scenario.actions.forEach((action, i) => {
    refer(['actions', i, 'in'], 'namespace', namespaces);
    refer(['actions', i, 'start'], 'router or process', { ...routers, ...processes });
    refer(['actions', i, 'stop'], 'router or process', { ...routers, ...processes });
    const interfaces = namespaces[action.in ?? '']?.interfaces ?? {};
    refer(['actions', i, 'wait', 'dev'], `interface in ${action.in}`, interfaces);
  });
  return faults;
}
