/** From a scenario file to a checked {@link Scenario}; every error has its place. */

import path from 'node:path';
import { expectationFaults } from '../expect/expectation-faults.ts';
import { checkRouterConfig, loadRouterConfig } from '../router/config.ts';
import { type Fault, faultsError, faultsOf, suggest, valueAt } from '../yaml/faults.ts';
import { parseYaml, readYaml, subSource, type YamlPath, type YamlSource } from '../yaml/source.ts';
import type { Scenario } from './scenario.ts';
import { scenarioSchema } from './scenario-schema.ts';

export interface ScenarioFile {
  readonly scenario: Scenario;
  readonly source: YamlSource;
}

const ERROR = { code: 'PVD_ERR_SCENARIO', op: 'check the scenario' } as const;

/** @throws AgentError `PVD_ERR_YAML_READ`, and as {@link parseScenario} */
export function loadScenario(file: string): ScenarioFile {
  return checkScenario(readYaml(file));
}

/** @throws AgentError `PVD_ERR_YAML`, `PVD_ERR_SCENARIO`, `PVD_ERR_ROUTER_CONFIG` */
export function parseScenario(text: string, file: string): ScenarioFile {
  return checkScenario(parseYaml(text, file));
}

/** @throws AgentError `PVD_ERR_SCENARIO`, `PVD_ERR_ROUTER_CONFIG` */
export function checkScenario(source: YamlSource): ScenarioFile {
  const parsed = scenarioSchema.safeParse(source.value);
  if (!parsed.success) throw faultsError(ERROR, faultsOf(parsed.error, scenarioSchema, source));
  const faults = [
    ...checkReferences(parsed.data, source),
    ...expectationFaults(parsed.data.expect, source),
  ];
  if (faults.length > 0) throw faultsError(ERROR, faults);
  checkRouters(parsed.data, source);
  return { scenario: parsed.data, source };
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
  scenario.expect.forEach((expectation, i) => {
    refer(['expect', i, 'in'], 'namespace', namespaces);
    const interfaces = namespaces[expectation.in ?? '']?.interfaces;
    if (interfaces === undefined) return;
    for (const kind of ['address', 'route']) {
      refer(['expect', i, kind, 'dev'], `interface in ${expectation.in}`, interfaces);
    }
  });
  return faults;
}
