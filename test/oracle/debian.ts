/**
 * Other dissectors of Debian 13 in a tree of their own, whatever this system is: tshark, which
 * knows the PvD option from 4.4 on, and Scapy. Fetched once by an apt with its own sources and
 * state, which verifies the archive's signatures and hashes; the system's is left alone.
 */

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { AgentError } from '../../agent/error.ts';
import { openApt } from '../../agent/lab/apt.ts';
import { cacheDir } from '../../agent/lab/cache-dir.ts';
import { exec } from '../../agent/lab/exec.ts';
import { withLock } from '../../agent/lab/lock.ts';
import type { Progress } from '../../agent/lab/progress.ts';

const SUITES = ['trixie-security', 'trixie'];
const PACKAGES = ['tshark', 'python3-scapy'];
const FETCH_TIMEOUT_MS = 5 * 60_000;
const LIBRARIES = 'usr/lib/x86_64-linux-gnu';
/** Of the packages: programs, libraries, Scapy, Wireshark's data. */
const UNWANTED = ['./usr/share/doc/*', './usr/share/man/*', './usr/share/locale/*', './etc/*'];
const PYTHON = '/usr/bin/python3';

export interface Oracles {
  /** Starts tshark with the libraries it was built for. */
  readonly tshark: readonly string[];
  readonly tsharkVersion: string;
  /** Starts this system's Python, which then finds Scapy. */
  readonly python: readonly string[];
  readonly scapyVersion: string;
}

/** @throws AgentError when they are not here and cannot be fetched, or do not run. */
export async function openOracles(progress: Progress): Promise<Oracles> {
  const dir = path.join(cacheDir(), 'oracles');
  if (process.arch !== 'x64') throw failure('run on this machine', `Debian's are for amd64`);
  const wait = () => progress('waiting for another who fetches the oracles');
  return await withLock(path.join(dir, 'lock'), wait, async () => {
    const tree = path.join(dir, 'tree');
    // The list is written last: without it, or with another, the tree is not whole.
    if (!isWhole(tree)) await fetchTree(dir, tree, progress);
    return await tried(tree);
  });
}

function isWhole(tree: string): boolean {
  const list = path.join(tree, 'packages');
  return existsSync(list) && readFileSync(list, 'utf8').startsWith(`${PACKAGES.join(' ')}\n`);
}

async function fetchTree(dir: string, tree: string, progress: Progress): Promise<void> {
  const apt = path.join(dir, 'apt');
  mkdirSync(apt, { recursive: true });
  const { env, update } = await openApt(apt, progress, undefined, SUITES);
  progress('fetching tshark and Scapy of Debian 13 (about 60 MB, once)');
  const [problem] = await update();
  if (problem !== undefined) throw failure('apt-get update', problem);
  const install = ['apt-get', 'install', '-q', '-y', '--no-install-recommends', '--download-only'];
  const options = { env, timeoutMs: FETCH_TIMEOUT_MS };
  const fetched = await exec([...install, '-t', 'trixie', ...PACKAGES], options);
  if (fetched.exitCode !== 0) throw failure('apt-get install --download-only', fetched.stderr);
  const work = mkdtempSync(path.join(dir, 'unpack-'));
  try {
    const debs = await unpackAll(path.join(apt, 'cache/archives'), work);
    writeFileSync(path.join(work, 'packages'), [PACKAGES.join(' '), ...debs, ''].join('\n'));
    rmSync(tree, { recursive: true, force: true });
    renameSync(work, tree);
  } finally {
    rmSync(work, { recursive: true, force: true });
    rmSync(apt, { recursive: true, force: true });
  }
}

/** Libraries, Wireshark and Scapy of the packages in `from`; the rest of what they need stays out. */
async function unpackAll(from: string, to: string): Promise<readonly string[]> {
  const wanted = /^(lib|zlib1g|tshark|wireshark-common|python3-scapy)/;
  const debs = readdirSync(from).filter((name) => name.endsWith('.deb') && wanted.test(name));
  const script = 'dpkg-deb --fsys-tarfile "$1" | tar -x --no-same-owner -C "$2" $3';
  const excludes = UNWANTED.map((pattern) => `--exclude=${pattern}`).join(' ');
  for (const deb of debs) {
    const argv = ['sh', '-fc', script, 'sh', path.join(from, deb), to, excludes];
    const { exitCode, stderr } = await exec(argv);
    if (exitCode !== 0) throw failure(`unpack ${deb}`, stderr);
  }
  return debs;
}

/** They are there only when they run. */
async function tried(tree: string): Promise<Oracles> {
  const libraries = path.join(tree, LIBRARIES);
  const loader = path.join(libraries, 'ld-linux-x86-64.so.2');
  const tshark = [loader, '--library-path', libraries, path.join(tree, 'usr/bin/tshark')];
  const modules = `PYTHONPATH=${path.join(tree, 'usr/lib/python3/dist-packages')}`;
  const python = ['env', modules, PYTHON, '-B'];
  const version = await exec([...tshark, '--version']);
  const tsharkVersion = /TShark \(Wireshark\) (\d+\.\d+\.\d+)/.exec(version.stdout)?.[1];
  if (tsharkVersion === undefined) throw failure('run tshark', version.stderr);
  const scapy = await exec([...python, '-c', 'import scapy; print(scapy.VERSION)']);
  if (scapy.exitCode !== 0) throw failure('run Scapy', scapy.stderr);
  return { tshark, tsharkVersion, python, scapyVersion: scapy.stdout.trim() };
}

function failure(op: string, why: string): AgentError {
  return new AgentError({
    code: 'PVD_ERR_ORACLE',
    op,
    message: `no oracles: ${op}: ${why.trim().split('\n').at(-1)}`,
    hint: 'tshark 4.4 and Scapy come from a Debian mirror; rm -r ~/.cache/pvdscope/oracles to fetch anew',
  });
}
