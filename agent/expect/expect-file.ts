/** Files that hold expectations: scenarios, or nothing but expectations. */

import type { Expectation, ExpectationSet } from '../../src/expect/expectation.ts';
import { checkScenario } from '../lab/scenario-file.ts';
import { faultsError, faultsOf } from '../yaml/faults.ts';
import { readYaml, type YamlSource } from '../yaml/source.ts';
import { expectFileSchema } from './expect-schema.ts';
import { expectationFaults } from './expectation-faults.ts';

const ERROR = { code: 'PVD_ERR_EXPECT', op: 'check the expectations' } as const;

/** @throws AgentError `PVD_ERR_YAML`, `PVD_ERR_YAML_READ`, `PVD_ERR_EXPECT`, `PVD_ERR_SCENARIO` */
export function loadExpectations(file: string): ExpectationSet {
  const source = readYaml(file);
  const { value } = source;
  if (typeof value === 'object' && value !== null && 'namespaces' in value) {
    return expectationsOf(checkScenario(source).scenario, source);
  }
  const parsed = expectFileSchema.safeParse(value);
  if (!parsed.success) throw faultsError(ERROR, faultsOf(parsed.error, expectFileSchema, source));
  const faults = expectationFaults(parsed.data.expect, source);
  if (faults.length > 0) throw faultsError(ERROR, faults);
  return expectationsOf(parsed.data, source);
}

/** The expectations with their places. */
export function expectationsOf(
  { name, expect }: { readonly name: string; readonly expect: readonly Expectation[] },
  source: YamlSource,
): ExpectationSet {
  const placed = expect.map((e, i): Expectation => ({ ...e, place: source.at(['expect', i]) }));
  return { name, file: source.file, expect: placed };
}
