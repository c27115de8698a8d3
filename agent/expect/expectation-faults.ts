/** Mistakes in expectations that their schema cannot see. */

import type { Expectation } from '../../src/expect/expectation.ts';
import type { Fault } from '../yaml/faults.ts';
import type { YamlSource } from '../yaml/source.ts';

/** Names that two expectations share: reports could not tell them apart. */
export function expectationFaults(expect: readonly Expectation[], source: YamlSource): Fault[] {
  const seen = new Set<string>();
  return expect.flatMap(({ name }, i) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    const message = `there is an expectation "${name}" already: give this one a name`;
    return [{ place: source.at(['expect', i]), message }];
  });
}
