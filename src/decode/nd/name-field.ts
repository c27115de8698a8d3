/** Domain names inside options: their problems, and their octets. */

import { dnsNameToWire, type NameError } from '../../net/dns-name.ts';
import type { ProblemCode, Report } from './problem.ts';

const CODES: Readonly<Record<NameError, ProblemCode>> = {
  truncated: 'name-truncated',
  compressed: 'name-compressed',
  'label-length': 'name-label-length',
  'too-long': 'name-too-long',
};

export function reportName(
  failure: { readonly error: NameError; readonly offset: number },
  report: Report,
): void {
  report(CODES[failure.error], failure.offset);
}

/** The wire form of a name. @throws RangeError when it is none. */
export function nameBytes(name: string): Uint8Array {
  const wire = dnsNameToWire(name);
  if (wire === undefined) throw new RangeError(`not a domain name: ${JSON.stringify(name)}`);
  return wire;
}
