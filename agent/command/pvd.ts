/** `pvdscope pvd`: the provisioning domains the kernel itself knows (kernel/). */

import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { escapeTerminal } from '../../src/publish/escape.ts';
import { AgentError, EXIT } from '../error.ts';
import { bootTimeNs } from '../libbpf/libc.ts';
import { openRouteSocket } from '../libbpf/netlink-socket.ts';
import { stableDump } from '../netlink/dump.ts';
import { eachMessage } from '../netlink/message.ts';
import {
  addPvdRequest,
  decodePvd,
  deletePvdRequest,
  type KernelPvd,
  PVD_DUMP,
  PVD_GROUP,
  RTM_DELPVD,
} from '../netlink/pvd.ts';
import { type ChangeRequest, change } from '../netlink/request.ts';

const POLL_MS = 100;
const BUFFER_BYTES = 1 << 16;

interface Options {
  readonly json?: true;
}

interface AddOptions {
  readonly http?: true;
  readonly legacy?: true;
  readonly seq: number;
  readonly delay: number;
}

const HELP = `
Works on a kernel with the series in kernel/ of this project. NAME: case and a final dot do not
matter. "add" and "del" need CAP_NET_ADMIN; a domain that is deleted stays for as long as routes,
addresses and bindings refer to it.
Exit status: 0 fine; 1 "show": there is no such domain; 3 the kernel has no such thing, or refuses.
`;

export function pvdCommand(): Command {
  const pvd = new Command('pvd')
    .description('show or change the provisioning domains the kernel itself knows')
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
    .command('add')
    .description('make one by hand, which stays until "del"')
    .argument('<name>', 'a fully qualified domain name')
    .option('--http', 'H: additional information is available')
    .option('--legacy', 'L: goes with DHCPv4')
    .option('--seq <n>', 'sequence number', wholeNumber(0xffff), 0)
    .option('--delay <n>', 'exponent of the delay', wholeNumber(0xf), 0)
    .action((name: string, options: AddOptions) =>
      changePvds(addPvdRequest({ ...options, name }), `add ${name}`),
    );
  pvd
    .command('del')
    .description('take back "add"')
    .argument('<name>')
    .action((name: string) => changePvds(deletePvdRequest(name), `delete ${name}`));
  pvd
    .command('monitor')
    .description('each that comes, changes or goes, until interrupted')
    .option(...json)
    .action(monitor);
  return pvd;
}

function wholeNumber(max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value <= max) return value;
    throw new InvalidArgumentError(`a whole number from 0 to ${max} is needed`);
  };
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

/** @throws AgentError PVD_ERR_NETLINK, PVD_ERR_NO_PVD_KERNEL */
async function changePvds(request: ChangeRequest, op: string): Promise<void> {
  await dumpPvds();
  const socket = inThisNetns((fd) => openRouteSocket(fd));
  try {
    change(socket, request, op);
  } finally {
    socket.close();
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
