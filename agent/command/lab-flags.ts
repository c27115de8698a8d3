/** Options that the verbs of `lab` share. */

import { type Command, InvalidArgumentError } from 'commander';

export interface GuestFlags {
  readonly kernel: readonly string[];
  readonly modules?: string;
  readonly timeout: number;
  readonly memory: number;
}

export const KERNEL_HELP =
  'debian:6.1, debian:6.12, debian:7.2, or the path of a vmlinuz, a vmlinux or a build tree';

export function guestOptions(command: Command): Command {
  return command
    .option('--modules <dir>', 'its modules, for a kernel given by path')
    .option('--timeout <seconds>', 'for one guest', positive, 600)
    .option('--memory <MiB>', 'of one guest', positive, 768);
}

export function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

export function whole(value: string): number {
  const number = Number(value);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('a whole number from 1 on is needed');
}

export function wholeOrNone(value: string): number {
  return value === '0' ? 0 : whole(value);
}

export function positive(value: string): number {
  const number = Number(value);
  if (Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError('a positive number is needed');
}
