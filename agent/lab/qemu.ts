/** How QEMU is called: an emulated machine with nothing in it but what a guest here needs. */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { AgentError, EXIT } from '../error.ts';
import type { Share } from './virtiofs.ts';

/** TCP port of the host's 127.0.0.1 that leads to one of the guest's. */
export interface PortForward {
  readonly hostPort: number;
  readonly guestPort: number;
}

export interface Machine {
  /** Directory of the sockets `out`, `err`, `ctl`, `console` and, for virtiofs, one per share. */
  readonly sockets: string;
  readonly image: string;
  readonly initramfs: string;
  readonly kernelArguments: string;
  readonly memMiB: number;
  readonly smp: number;
  readonly fs: '9p' | 'virtiofs';
  readonly shares: readonly Share[];
  readonly forward: readonly PortForward[];
}

export const QEMU = 'qemu-system-x86_64';

/** Virtio ports the guest finds by name. */
export const CHANNELS = ['out', 'err', 'ctl'] as const;
export type Channel = (typeof CHANNELS)[number];

/** @throws AgentError `PVD_ERR_NO_QEMU` */
export function needGuestTools(): void {
  const missing = [
    ...(findProgram(QEMU) === undefined ? ['qemu-system-x86'] : []),
    ...(findProgram('busybox') === undefined ? ['busybox-static'] : []),
  ];
  if (missing.length === 0 && process.arch === 'x64') return;
  throw new AgentError({
    code: 'PVD_ERR_NO_QEMU',
    op: 'start a guest',
    message:
      missing.length > 0
        ? `a guest needs ${missing.join(' and ')}, not installed here`
        : `guests are x86-64 and share the host's programs: not possible on ${process.arch}`,
    ...(missing.length > 0
      ? { hint: `scripts/setup lab, or apt-get install ${missing.join(' ')}` }
      : {}),
  });
}

export function findProgram(name: string): string | undefined {
  const { PATH = '' } = process.env;
  const dirs = [...PATH.split(':'), '/usr/sbin', '/sbin', '/usr/bin', '/bin'];
  return dirs.map((dir) => path.join(dir, name)).find((file) => existsSync(file));
}

export function qemuArguments(machine: Machine): string[] {
  const { memMiB, smp, sockets } = machine;
  const socket = (name: string) => path.join(sockets, name);
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-M', 'q35'],
    // cx16=off: QEMU 7.2's emulated CMPXCHG16B spoils the flags, and SLUB uses it.
    ...['-accel', 'tcg,thread=multi', '-cpu', 'max,la57=off,cx16=off'],
    ...['-m', String(memMiB), '-smp', String(smp)],
    ...['-chardev', `socket,id=console,path=${socket('console')}`, '-serial', 'chardev:console'],
    ...['-kernel', machine.image, '-initrd', machine.initramfs, '-append', machine.kernelArguments],
    ...shareArguments(machine),
    ...['-device', 'virtio-serial-pci'],
    ...CHANNELS.flatMap((name) => [
      ...['-chardev', `socket,id=${name},path=${socket(name)}`],
      ...['-device', `virtserialport,chardev=${name},name=${name}`],
    ]),
    ...networkArguments(machine.forward),
  ];
}

function shareArguments({ fs, memMiB, shares, sockets }: Machine): string[] {
  if (fs === '9p') {
    return shares.flatMap(({ tag, dir, readOnly }) => [
      '-fsdev',
      `local,id=${tag},path=${escapeComma(dir)},security_model=none,multidevs=remap${readOnly ? ',readonly=on' : ''}`,
      ...['-device', `virtio-9p-pci,fsdev=${tag},mount_tag=${tag}`],
    ]);
  }
  return [
    ...['-object', `memory-backend-memfd,id=m,size=${memMiB}M,share=on`, '-numa', 'node,memdev=m'],
    ...shares.flatMap(({ tag }) => [
      ...['-chardev', `socket,id=${tag},path=${path.join(sockets, tag)},reconnect=0`],
      ...['-device', `vhost-user-fs-pci,chardev=${tag},tag=${tag},queue-size=1024`],
    ]),
  ];
}

/** `restrict=on`: the guest reaches nothing outside, it can only be reached through `hostfwd`. */
function networkArguments(forward: readonly PortForward[]): string[] {
  if (forward.length === 0) return [];
  const rules = forward.map((f) => `,hostfwd=tcp:127.0.0.1:${f.hostPort}-127.0.0.1:${f.guestPort}`);
  return [
    ...['-netdev', `user,id=net,restrict=on,ipv6=off${rules.join('')}`],
    ...['-device', 'virtio-net-pci,netdev=net,romfile='],
  ];
}

function escapeComma(text: string): string {
  return text.replaceAll(',', ',,');
}

/** What QEMU said when it could not start, as an error of ours. */
export function qemuError(stderr: string, exitCode: number | null): AgentError {
  const port = /host forwarding rule '?tcp:127\.0\.0\.1:(\d+)/.exec(stderr)?.[1];
  if (port !== undefined) {
    return new AgentError({
      code: 'PVD_ERR_PORT_IN_USE',
      op: `forward 127.0.0.1:${port} to the guest`,
      message: `port ${port} of 127.0.0.1 is in use, or not allowed to you`,
      hint: 'choose another port',
      exitCode: EXIT.environment,
    });
  }
  const lines = stderr.trim().split('\n').slice(-3).join('; ');
  return new AgentError({
    code: 'PVD_ERR_QEMU',
    op: `run ${QEMU}`,
    message: `${QEMU} failed (exit code ${exitCode ?? 'none'}): ${lines}`,
    hint: 'is it QEMU 7.2 or later, and is there enough free memory?',
  });
}
