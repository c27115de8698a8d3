/** radvd.conf(5) from the options of one interface. */

import type { RadvdOptions } from './scenario.ts';

/** `AdvSendAdvert on` unless it is given. */
export function formatRadvd(name: string, options: string | RadvdOptions): string {
  if (typeof options === 'string') return options;
  const lines = body({ AdvSendAdvert: true, ...options }, '  ');
  return `interface ${name} {\n${lines}};\n`;
}

function body(options: RadvdOptions, indent: string): string {
  return Object.entries(options)
    .map(([key, value]) => {
      if (value !== null && typeof value === 'object') {
        return `${indent}${key} {\n${body(value, `${indent}  `)}${indent}};\n`;
      }
      // A block with nothing in it, e.g. `RDNSS 2001:db8::53:`
      if (value === null) return `${indent}${key} {\n${indent}};\n`;
      const word = typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);
      return `${indent}${key} ${word};\n`;
    })
    .join('');
}
