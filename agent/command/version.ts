/** `pvdscope version`: this build and the formats it speaks. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { LIMIT } from '../../src/decode/layout.gen.ts';
import { ENVELOPE_VERSION } from '../../src/publish/envelope.ts';
import { PACKAGE_ROOT } from '../paths.ts';

const manifest = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as {
  version: string;
};

export const VERSION: string = manifest.version;

export function versionCommand(): Command {
  return new Command('version')
    .description('print the version, and those of the record and stream formats')
    .action(() => {
      process.stdout.write(
        `pvdscope ${VERSION}\nrecord format ${LIMIT.WIRE_VERSION}\nstream format ${ENVELOPE_VERSION}\nnode ${process.version}\n`,
      );
    });
}
