/** `pvdscope router`: sends Router Advertisements described in YAML, malformed ones included. */

import { Command } from 'commander';
import { decodeRa } from '../../src/decode/nd/ra.ts';
import { escapeTerminal } from '../../src/publish/escape.ts';
import { AgentError, EXIT } from '../error.ts';
import { loadRouterConfig, type RouterFile } from '../router/config.ts';
import { openLink } from '../router/link.ts';
import { raMessage } from '../router/message.ts';
import { type OnSent, runRouter, sendOnce } from '../router/router.ts';

interface Options {
  readonly interface?: string;
  readonly netns?: string;
  readonly once?: true;
  readonly check?: true;
  readonly verbose?: true;
}

const HELP = `
The configuration is one RA, or a list of them under "ras":

  interval: 30                  # seconds between RAs; jitter: 0 makes it exact
  lifetime: 1800                # router lifetime; also hopLimit, managed, other, preference, …
  options:
    - slla: auto
    - pio: {prefix: '2001:db8:1::/64', valid: 3600, preferred: 1800}
    - pvd:
        id: pvd.example.com
        http: true
        sequence: 1
        ra: {lifetime: 600}     # the RA header inside (flag R)
        options:
          - rdnss: {addrs: ['2001:db8:1::53']}
    - hex: 05 00                # octets as they are: here an option of length 0

Options: slla tlla pio rio mtu rdnss dnssl advertisementInterval homeAgent pref64 captivePortal
encryptedDns raFlags pvd raw hex. An RA's own "hex" is the whole message; "checksum",
"ipHopLimit", "from" and "to" say what the packet around it holds.
Without --once it sends until SIGINT or SIGTERM, then once more with router lifetime 0; with
final: false it does not.
`;

export function routerCommand(): Command {
  return new Command('router')
    .description('send Router Advertisements')
    .argument('<config>', 'YAML file')
    .option('-i, --interface <if>', 'interface to send from, else the one the file names')
    .option('--netns <name>', 'network namespace of the interface: name or path')
    .option('--once', 'send each RA once and exit')
    .option('--check', 'read the file, say what a host would find wrong with its RAs, send nothing')
    .option('-v, --verbose', 'one line on stderr for each RA sent')
    .addHelpText('after', HELP)
    .action((config: string, options: Options) => route(loadRouterConfig(config), options));
}

async function route(file: RouterFile, options: Options): Promise<void> {
  const messages = file.ras.map((placed) =>
    raMessage(file, placed, { lladdr: new Uint8Array(6), final: false }),
  );
  if (options.check) {
    process.stdout.write(messages.map(checkText).join(''));
    return;
  }
  const ifname = options.interface ?? file.config.interface;
  if (ifname === undefined) {
    throw new AgentError({
      code: 'PVD_ERR_USAGE',
      op: 'start the router',
      message: 'no interface: give --interface, or "interface" in the file',
      exitCode: EXIT.usage,
    });
  }
  const link = await openLink(ifname, options.netns);
  const onSent = reporter(file.ras.length, options.verbose === true);
  try {
    if (options.once) sendOnce(file, link, onSent);
    else await runRouter(file, link, onSent, untilSignal());
  } finally {
    link.close();
  }
}

/** Aborted by SIGINT or SIGTERM; a second one ends the process at once, as ever. */
function untilSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => controller.abort());
  }
  return controller.signal;
}

function reporter(count: number, verbose: boolean): OnSent {
  return ({ index, lenBytes, saddr, daddr, final, error }) => {
    if (error) process.stderr.write(`pvdscope: ${escapeTerminal(error.message)}\n`);
    else if (verbose) {
      const which = count > 1 ? ` ${index + 1}/${count}` : '';
      const last = final ? ', final' : '';
      process.stderr.write(
        `pvdscope: sent RA${which}: ${lenBytes} octets, ${saddr} to ${daddr}${last}\n`,
      );
    }
  };
}

function checkText(message: Uint8Array, index: number): string {
  const { problems, outcome } = decodeRa(message);
  const lines = problems.map(
    (p) => `  offset ${p.offset}: ${p.outcome}: ${p.message} [${p.code}] (${p.rfc})\n`,
  );
  return `RA ${index + 1}: ${message.length} octets, ${outcome}\n${lines.join('')}`;
}
