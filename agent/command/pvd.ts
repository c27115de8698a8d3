/** `pvdscope pvd`: the provisioning domains the kernel itself knows (kernel/). */

import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { escapeTerminal } from '../../src/publish/escape.ts';
import { AgentError, EXIT } from '../error.ts';
import { bootTimeNs } from '../libbpf/libc.ts';
import { openRouteSocket } from '../libbpf/netlink-socket.ts';
import { stableDump } from '../netlink/dump.ts';
import { eachMessage } from '../netlink/message.ts';
import { decodePvd, type KernelPvd, PVD_DUMP, PVD_GROUP, RTM_DELPVD } from '../netlink/pvd.ts';

const POLL_MS = 100;
const BUFFER_BYTES = 1 << 16;

interface Options {
  readonly json?: true;
}

const HELP = `
Works on a kernel with the series in kernel/ of this project. NAME: case and a final dot do not
matter. Exit status: 0 fine; 1 "show": there is no such domain; 3 the kernel has no such thing.
`;

export function pvdCommand(): Command {
  const pvd = new Command('pvd')
    .description('show the provisioning domains the kernel itself knows')
    .addHelpText('after', HELP);
  const json = ['--json', 'one JSON object a line'] as const;
  pvd
    .command('list')
    .description('all of this network namespace')
    .option(...json)
    .action(async (options: Options) => {
      for (const one of await dumpPvds()) print(one, options);
    });
  pvd
    .command('show')
    .description('one')
    .argument('<name>')
    .option(...json)
    .action(async (name: string, options: Options) => {
      const wanted = name.toLowerCase().replace(/\.$/, '');
      const found = (await dumpPvds()).find((one) => one.name === wanted);
      if (found) print(found, options);
      else process.exitCode = EXIT.failed;
    });
  pvd
    .command('monitor')
    .description('each that comes, changes or goes, until interrupted')
    .option(...json)
    .action(monitor);
  return pvd;
}

function inThisNetns<T>(body: (netnsFd: number) => T): T {
  const fd = openSync('/proc/self/ns/net', 'r');
  try {
    return body(fd);
  } finally {
    closeSync(fd);
  }
}

/** By name. @throws AgentError PVD_ERR_NO_PVD_KERNEL */
export async function dumpPvds(): Promise<KernelPvd[]> {
  const source = { open: () => inThisNetns((fd) => openRouteSocket(fd)), now: bootTimeNs };
  try {
    const { batches } = await stableDump(source, PVD_DUMP);
    return batches
      .flatMap(({ messages }) => messages.map(decodePvd))
      .filter((one) => one !== undefined)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (!(error instanceof AgentError) || !/EOPNOTSUPP|ENOTSUP/.test(error.message)) throw error;
    throw noPvdKernel(error);
  }
}

function noPvdKernel(cause: unknown): AgentError {
  return new AgentError({
    code: 'PVD_ERR_NO_PVD_KERNEL',
    op: 'list provisioning domains',
    message: 'this kernel has no provisioning domains',
    hint: 'boot one with the series in kernel/; on others "pvdscope state" shows what was observed',
    cause,
  });
}

async function monitor(options: Options): Promise<void> {
  await dumpPvds();
  const socket = inThisNetns((fd) => openRouteSocket(fd, PVD_GROUP));
  const buffer = new Uint8Array(BUFFER_BYTES);
  try {
    for (;;) {
      const len = socket.receive(buffer);
      if (len <= 0) {
        await sleep(POLL_MS);
        continue;
      }
      for (const message of eachMessage(buffer.subarray(0, Math.min(len, buffer.length)))) {
        const one = decodePvd(message);
        if (one) print(one, options, message.type === RTM_DELPVD ? 'del' : 'new');
      }
    }
  } finally {
    socket.close();
  }
}

function print(pvd: KernelPvd, { json }: Options, event?: 'new' | 'del'): void {
  const line = json ? JSON.stringify({ ...(event && { event }), ...pvd }) : pvdText(pvd, event);
  process.stdout.write(`${json ? line : escapeTerminal(line)}\n`);
}

/** One line for people. */
export function pvdText(pvd: KernelPvd, event?: 'new' | 'del'): string {
  const words = [
    ...(event ? [event] : []),
    pvd.name,
    `id ${pvd.id}`,
    ...(pvd.ifindex === 0 ? [] : [`ifindex ${pvd.ifindex}`, `router ${pvd.router}`]),
    `seq ${pvd.seq}`,
    `delay ${pvd.delay}`,
    `flags ${pvd.flags.join(',') || '-'}`,
    `refs ${pvd.refs}`,
  ];
  return words.join(' ');
}
