/**
 * `check --live` around a command, and `record` in several compressed files, in a guest: what they
 * say there, and what a replay here makes of the files.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, test } from 'node:test';
import { findKernel } from '../../agent/lab/kernel.ts';
import { runInGuest } from '../../agent/lab/vm.ts';
import { MAIN } from '../../agent/paths.ts';
import { segmentsOf } from '../../agent/trace/segments.ts';
import { runVerb } from '../agent/command/verb.ts';

const dir = mkdtempSync(join(tmpdir(), 'pvdscope-live-'));
after(() => rmSync(dir, { recursive: true }));

const MET = `name: live
expect:
  - {in: host, decision: {daddr: 2001:db8:1::80, dport: 4001}, gives: {route: default, via: fe80::1, source: 2001:db8:a::5, verdict: agree}}
  - {in: host, decision: {daddr: 2001:db8:1::80, dport: 4001}, gives: {source: 2001:db8:b::5}, xfail: it has no such address}
`;
const NEVER = `${MET}  - {in: host, decision: {daddr: 2001:db8:2::80}}
`;
const CONNECTS = 250;
const ROTATE_MIB = 0.01;

/** `step NAME CODE CMD…`: its output goes to a file, its exit code must be that. */
const SCRIPT = `set -e
step() { name=$1; want=$2; shift 2; code=0; "$@" > ${dir}/$name.out 2> ${dir}/$name.err || code=$?
  [ $code = $want ] || { echo "$name: exit code $code"; tail -20 ${dir}/$name.out ${dir}/$name.err; exit 1; }; }
pvdscope() { ${process.execPath} ${MAIN} "$@"; }
ip netns add host; ip netns add peer
ip link add eth0 netns host address 02:00:00:00:00:10 type veth peer name eth0 netns peer
ip -n host -batch - <<END
link set lo up
address add 2001:db8:a::5/64 dev eth0 nodad
link set eth0 up
route add default via fe80::1 dev eth0
END
ip -n peer -batch - <<END
address add fe80::1/64 dev eth0 nodad
link set eth0 up
END
until ip -n host -6 address show dev eth0 | grep -q link && ! ip -n host -6 address show tentative | grep -q inet6; do sleep 0.2; done
ask="ip netns exec host bash -c"
connect="echo > /dev/udp/2001:db8:1::80/4001"
step met 0 pvdscope check ${dir}/met.yaml --live --netns host -o ${dir}/met.pcapng -- $ask "$connect"
step never 1 pvdscope check ${dir}/never.yaml --live --netns host --within 2 --ksft -- $ask "$connect"
step command 1 pvdscope check ${dir}/met.yaml --live --netns host -- $ask "$connect; exit 7"
step record 0 pvdscope record --compress --rotate ${ROTATE_MIB} --netns host --format ndjson -o ${dir}/run.pcapng -- \\
  $ask "for i in {1..${CONNECTS}}; do $connect; done; sleep 8; for i in {1..10}; do $connect; done"
`;

test('debian:6.12: check --live, and a recording in several files', {
  timeout: 600_000,
}, async (t) => {
  writeFileSync(join(dir, 'met.yaml'), MET);
  writeFileSync(join(dir, 'never.yaml'), NEVER);
  let said = '';
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      said += chunk.toString();
      done();
    },
  });
  const { exitCode, complaints, commandMs } = await runInGuest({
    kernel: await findKernel('debian:6.12'),
    command: ['bash', '-c', SCRIPT],
    rw: [dir],
    stdout: sink,
    stderr: sink,
    timeoutMs: 500_000,
  });
  t.diagnostic(`${commandMs} ms`);
  assert.deepEqual([exitCode, complaints], [0, []], said);
  const out = (name: string) => readFileSync(join(dir, `${name}.out`), 'utf8');

  assert.match(out('met'), /^ {4}ok 1 - the command exits with 0$/m);
  assert.match(out('met'), /^ {4}ok \d+ - no decision diverges from the model$/m);
  assert.match(out('met'), /^ {4}ok \d+ - host: decision .* gives route ::\/0, /m);
  assert.match(out('met'), /^ {4}not ok \d+ - .* # TODO it has no such address$/m);
  assert.match(out('met'), /^# Totals: pass:\d+ fail:0 xfail:1 xpass:0 skip:1 error:0$/m);
  assert.match(
    out('never'),
    /^ {4}not ok \d+ - .*2001:db8:2::80.*\n {4}# no such decision was seen$/m,
  );
  assert.match(out('never'), /# XFAIL it has no such address$/m);
  assert.match(out('command'), /^ {4}not ok 1 - the command exits with 0\n {4}# .*: exit code 7$/m);

  // What was seen there gives the same here, from the trace.
  const again = await runVerb('check', 'checkCommand', [
    join(dir, 'met.yaml'),
    join(dir, 'met.pcapng'),
  ]);
  assert.equal(again.code, 0, again.stdout + again.stderr);
  assert.match(again.stdout, /^# Totals: pass:\d+ fail:0 xfail:1 /m);

  const run = join(dir, 'run.pcapng');
  const files = segmentsOf(run);
  assert.ok(files.length > 2, `${files.length} files`);
  const whole = await runVerb('replay', 'replayCommand', [run, '--format', 'ndjson']);
  assert.equal(whole.code, 0, whole.stderr);
  assert.ok(whole.stdout === out('record'), 'the replay is not what was told live');
  assert.ok((whole.stdout.match(/"dport":4001/g)?.length ?? 0) >= CONNECTS);
  // A file alone: nothing can be judged before its namespace was dumped again, all is after it.
  let agreed = 0;
  for (const file of files.slice(1)) {
    const alone = await runVerb('replay', 'replayCommand', [file.path, '--format', 'ndjson']);
    assert.doesNotMatch(alone.stdout, /"verdict":"diverge"/, alone.stderr);
    agreed += alone.stdout.match(/"verdict":"agree"/g)?.length ?? 0;
  }
  assert.ok(agreed > 0, `${files.length} files`);
});
