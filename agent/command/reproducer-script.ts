/** A reproducer as a test of its own in the manner of kselftest, for sh(1). */

import { getSystemErrorMap } from 'node:util';
import type { SetupStep } from '../../src/model/state-commands.ts';
import type { AllowedAnswer, Reproducer } from '../../src/reproducer.ts';
import { shellComment, shellLine, shellWord } from './shell-script.ts';

/** Exit codes of tools/testing/selftests/kselftest.h. */
const HEAD = `# Exit codes: 0 the kernel answers as allowed, 1 it does not, 4 skipped.
export LC_ALL=C
say() { printf '%s\\n' "$*" | tr -c '[:print:]\\n' '?'; }
skip() { say "SKIP: $*"; exit 4; }
[ "$(id -u)" = 0 ] || skip 'needs root'
for tool in ip unshare; do command -v $tool >/dev/null || skip "needs $tool"; done
[ "\${IN_FRESH_NETNS-}" = $$ ] || {
	unshare -n true 2>/dev/null || skip 'cannot make a network namespace'
	IN_FRESH_NETNS=$$ exec unshare -n sh "$0"
}
write() { echo "$2" >"/proc/sys/net/$1" || skip "cannot write $1"; }
count() {
	n=0
	while [ "$(grep -c "$1" /proc/net/ipv6_route)" -lt "$2" ]; do
		n=$((n + 1)); [ $n -lt 100 ] || skip "$3 do not come up"
		sleep 0.1
	done
}
devices() { count '^ff0\\{30\\} 08 ' "$1" devices; }
addresses() { count ' 80200001 ' "$1" addresses; }
lost() {
	n=0
	until ip -o link show dev "$1" | grep -q 'state LOWERLAYERDOWN'; do
		n=$((n + 1)); [ $n -lt 100 ] || skip 'a device keeps its carrier'
		sleep 0.1
	done
}
ask() {
	if said=$("$@" 2>&1); then set -f; parse $said; set +f
	else said="error \${said#RTNETLINK answers: }"; fi
	bare=\${said% src *}
	say "# the kernel says: $said"
}
parse() {
	dev= via=:: src=::
	while [ $# -gt 1 ]; do
		case $1 in dev) dev=$2; shift ;; via) via=$2; shift ;; src) src=$2; shift ;; esac
		shift
	done
	said="dev $dev via $via src $src"
}
allow() {
	say "# allowed: $1"
	if [ "$said" = "$1" ] || [ "$bare" = "$1" ]; then ok=1; fi
}
ok=0
`;

/** `about`: comment lines of what it was made of. */
export function reproducerScript(
  { steps, question, allowed, gaps }: Reproducer,
  about: readonly string[],
): string {
  const lines = [
    '#!/bin/sh',
    '# SPDX-License-Identifier: GPL-2.0',
    ...about.map(shellComment),
    ...gaps.map((gap) => shellComment(`not as it was: ${gap}`)),
    HEAD,
    '# State',
    ...steps.map(stepLine),
    '',
    '# Question',
    ...(allowed.length === 0 ? ["skip 'no answer is known to be right'"] : []),
    `ask ${question.map(shellWord).join(' ')}`,
    ...allowed.map((answer) => `allow ${shellWord(answerText(answer))}`),
    `[ $ok = 1 ] || { say 'FAIL: the answer is not allowed'; exit 1; }`,
    `say 'PASS: the answer is allowed'`,
  ];
  return `${lines.join('\n')}\n`;
}

function stepLine(step: SetupStep): string {
  switch (step.step) {
    case 'write':
      return `write ${shellWord(step.path.join('/'))} ${step.value}`;
    case 'settle-devices':
      return `devices ${step.count}`;
    case 'settle-addresses':
      return `addresses ${step.count}`;
    case 'carrier-lost':
      return `lost ${shellWord(step.device)}`;
    case 'run':
      return step.how === 'must'
        ? `${shellLine(step)} || skip 'the state cannot be made'`
        : shellLine(step);
  }
}

function answerText(answer: AllowedAnswer): string {
  if ('error' in answer) return `error ${errorText(answer.error)}`;
  const { dev, via, src } = answer;
  return `dev ${dev} via ${ntop(via)}${src === undefined ? '' : ` src ${ntop(src)}`}`;
}

/** As inet_ntop(3) of glibc writes an address that holds one of IPv4. */
function ntop(addr: string): string {
  const [, mapped = '', high, low] = /^::(ffff:)?([\da-f]{1,4}):([\da-f]{1,4})$/.exec(addr) ?? [];
  if (high === undefined || low === undefined) return addr;
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return `::${mapped}${a >> 8}.${a & 255}.${b >> 8}.${b & 255}`;
}

/** As strerror(3) of glibc has it, where libuv's words differ. */
const GLIBC: Readonly<Record<number, string>> = {
  11: 'Resource temporarily unavailable',
  13: 'Permission denied',
  19: 'No such device',
  22: 'Invalid argument',
  99: 'Cannot assign requested address',
  101: 'Network is unreachable',
  113: 'No route to host',
};

function errorText(error: number): string {
  return GLIBC[error] ?? getSystemErrorMap().get(-error)?.[1] ?? `errno ${error}`;
}
