/**
 * An apt of our own beside the system's: the same mirror and proxies, but its own sources,
 * lists and state. apt verifies the lists' signatures and the packages' hashes.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { AgentError } from '../error.ts';
import {
  type AptSource,
  ARCHIVE_KEYRING,
  findMirrors,
  formatSources,
  parseDeb822,
  parseOneLine,
} from './apt-sources.ts';
import { type ExecOptions, exec } from './exec.ts';
import type { KernelPackage } from './kernel-packages.ts';
import type { Progress } from './progress.ts';

const UPDATE_TIMEOUT_MS = 20 * 60_000;
/** Package lists are 50 MB each and more. */
const LIST_MAX_BYTES = 512 << 20;

export interface AptList {
  readonly suite: string;
  readonly text: string;
}

export interface Apt {
  /** What makes apt's programs use these sources and this state. */
  readonly env: NodeJS.ProcessEnv;
  /** Fetches the lists of every suite; one that fails is left out, and named by the result. */
  update(): Promise<readonly string[]>;
  lists(): Promise<AptList[]>;
  /** Fetches one package into `dir` and gives the file's path. */
  download(wanted: KernelPackage, dir: string): Promise<string>;
}

/**
 * `suites`: those a kernel is looked for in, unless told otherwise.
 * @throws AgentError `PVD_ERR_NO_APT`
 */
export async function openApt(
  dir: string,
  progress: Progress,
  signal?: AbortSignal,
  suites?: readonly string[],
): Promise<Apt> {
  await needTools(signal);
  const mirrors = findMirrors(readSystemSources());
  if (mirrors.isDefault) progress(`no Debian mirror in the apt sources: ${mirrors.debian.uri}`);
  const keyring = existsSync(ARCHIVE_KEYRING) ? ARCHIVE_KEYRING : undefined;
  const config = await writeConfig(dir, formatSources(mirrors, keyring, suites), signal);
  const env = {
    ...process.env,
    APT_CONFIG: config,
    LC_ALL: 'C.UTF-8',
    DEBIAN_FRONTEND: 'noninteractive',
  };
  const options: ExecOptions = { env, signal, timeoutMs: UPDATE_TIMEOUT_MS };
  return {
    env,
    update: () => update(options),
    lists: () => readLists(options),
    download: (wanted, into) => download(wanted, into, options),
  };
}

async function needTools(signal?: AbortSignal): Promise<void> {
  const missing: string[] = [];
  for (const tool of ['apt-get', 'dpkg-deb', 'tar']) {
    const { exitCode } = await exec(['sh', '-c', `command -v ${tool}`], { signal });
    if (exitCode !== 0) missing.push(tool);
  }
  if (missing.length === 0) return;
  throw new AgentError({
    code: 'PVD_ERR_NO_APT',
    op: 'fetch a Debian kernel',
    message: `a kernel can be fetched only where there is ${missing.join(', ')}`,
    hint: 'give a kernel by path instead: --kernel VMLINUZ --modules DIR',
  });
}

function readSystemSources(): AptSource[] {
  const read = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  const dir = '/etc/apt/sources.list.d';
  const parts = existsSync(dir) ? readdirSync(dir).sort() : [];
  return [
    ...parseOneLine(read('/etc/apt/sources.list')),
    ...parts.flatMap((name) => {
      if (name.endsWith('.list')) return parseOneLine(read(path.join(dir, name)));
      return name.endsWith('.sources') ? parseDeb822(read(path.join(dir, name))) : [];
    }),
  ];
}

/** Gives the file for `APT_CONFIG`, which apt reads before (and here instead of) the system's. */
async function writeConfig(dir: string, sources: string, signal?: AbortSignal): Promise<string> {
  for (const sub of ['lists/partial', 'cache/archives/partial', 'sources.list.d']) {
    mkdirSync(path.join(dir, sub), { recursive: true });
  }
  writeFileSync(path.join(dir, 'sources.list.d', 'debian.sources'), sources);
  writeFileSync(path.join(dir, 'status'), '');
  const { stdout } = await exec(['apt-config', 'dump', 'Acquire'], { signal });
  const inherited =
    stdout.match(
      /^Acquire::(https?|ftp|Retries|ForceIPv[46]|Proxy|Check-Valid-Until|Check-Date).*$/gim,
    ) ?? [];
  const config = [
    'Dir::Etc::parts "/dev/null";',
    'Dir::Etc::main "/dev/null";',
    'Dir::Etc::sourcelist "/dev/null";',
    `Dir::Etc::sourceparts "${path.join(dir, 'sources.list.d')}";`,
    `Dir::State "${dir}";`,
    `Dir::State::lists "${path.join(dir, 'lists')}";`,
    `Dir::State::status "${path.join(dir, 'status')}";`,
    `Dir::Cache "${path.join(dir, 'cache')}";`,
    'Dir::Log "/dev/null";',
    'APT::Architecture "amd64";',
    'APT::Architectures { "amd64"; };',
    'APT::Sandbox::User "root";',
    'Acquire::Languages "none";',
    'Acquire::PDiffs "false";',
    'Acquire::Retries "3";',
    ...inherited,
    '',
  ].join('\n');
  const file = path.join(dir, 'apt.conf');
  writeFileSync(file, config);
  return file;
}

async function update(options: ExecOptions): Promise<string[]> {
  const result = await exec(['apt-get', 'update', '-q', '--error-on=any'], options);
  if (result.exitCode === 0) return [];
  const lines = `${result.stdout}\n${result.stderr}`.match(/^(E|W|Err):.*$/gm) ?? [];
  return lines.length > 0 ? lines : [`apt-get update: exit code ${result.exitCode}`];
}

async function readLists(options: ExecOptions): Promise<AptList[]> {
  const format = '$(RELEASE) $(FILENAME)';
  const { stdout } = await exec(
    ['apt-get', 'indextargets', '--format', format, 'Created-By: Packages'],
    options,
  );
  const lists: AptList[] = [];
  for (const line of stdout.split('\n')) {
    const space = line.indexOf(' ');
    const file = line.slice(space + 1);
    if (space < 0 || !existsSync(file)) continue;
    const cat = ['/usr/lib/apt/apt-helper', 'cat-file', file];
    const { stdout: text } = await exec(cat, { ...options, outputMaxBytes: LIST_MAX_BYTES });
    lists.push({ suite: line.slice(0, space), text });
  }
  return lists;
}

async function download(wanted: KernelPackage, dir: string, options: ExecOptions): Promise<string> {
  const name = `${wanted.package}=${wanted.version}`;
  const result = await exec(['apt-get', 'download', '-q', name], { ...options, cwd: dir });
  const file = readdirSync(dir).find((f) => f.startsWith(`${wanted.package}_`));
  if (result.exitCode === 0 && file !== undefined) return path.join(dir, file);
  throw new AgentError({
    code: 'PVD_ERR_KERNEL_FETCH',
    op: `apt-get download ${name}`,
    message: `cannot fetch ${name}: ${lastLine(result.stderr)}`,
    hint: result.timedOut
      ? 'the mirror is too slow; what has arrived is not kept'
      : 'is the network reachable? apt-get update of this machine should work with the same mirror',
  });
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
