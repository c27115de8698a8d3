/** A YAML file that still knows where each of its values stands. */

import { readFileSync, statSync } from 'node:fs';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { AgentError, EXIT } from '../error.ts';

export type YamlPath = readonly PropertyKey[];

export interface YamlSource {
  readonly file: string;
  readonly value: unknown;
  /** `file:line:column` of the value at `path`, or of its nearest parent that is there. */
  at(path: YamlPath, what?: 'key' | 'value'): string;
  /**
   * The text of the block at `path` by itself, every line and column where it was; nothing
   * when it does not stand by itself (flow style, aliases).
   */
  excerpt(path: YamlPath): string | undefined;
}

/** The part of a source below `path`, as a source of its own in the same file. */
export function subSource(source: YamlSource, path: YamlPath): YamlSource {
  return {
    file: source.file,
    value: path.reduce<unknown>((v, s) => (v as Record<PropertyKey, unknown>)?.[s], source.value),
    at: (below, what) => source.at([...path, ...below], what),
    excerpt: (below) => source.excerpt([...path, ...below]),
  };
}

export const YAML_MAX_BYTES: number = 1 << 20;

/** @throws AgentError `PVD_ERR_YAML_READ`, `PVD_ERR_YAML` */
export function readYaml(file: string): YamlSource {
  let text: string;
  try {
    if (statSync(file).size > YAML_MAX_BYTES) throw new Error('larger than 1 MiB');
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AgentError({
      code: 'PVD_ERR_YAML_READ',
      op: `read ${file}`,
      message: `cannot read ${file}: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: 'check the path and its permissions',
      cause,
      exitCode: EXIT.usage,
    });
  }
  return parseYaml(text, file);
}

/** @throws AgentError `PVD_ERR_YAML` with the place of the first syntax error */
export function parseYaml(text: string, file: string): YamlSource {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  const [error] = doc.errors;
  if (error) throw yamlError(`${place(error.pos[0])}: ${error.message}`);
  let value: unknown;
  try {
    value = doc.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw yamlError(`${file}:1:1: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  return {
    file,
    value,
    at: (path, what = 'value') => place(offsetOf(doc.contents, path, what)),
    excerpt: (path) => {
      const node = find(doc.contents, path);
      if (!isMap(node) || node.flow || !node.range) return undefined;
      const [from, end] = node.range;
      const block = text.slice(from, end);
      if (/(^|[\s[{,])[*&]\S/m.test(block)) return undefined;
      const { line, col } = lines.linePos(from);
      return `${'\n'.repeat(line - 1)}${' '.repeat(col - 1)}${block}`;
    },
  };
}

function yamlError(message: string): AgentError {
  return new AgentError({
    code: 'PVD_ERR_YAML',
    op: 'read YAML',
    message,
    hint: 'mind indentation, colons and quotes just before that place',
    exitCode: EXIT.usage,
  });
}

function find(root: Node | null, path: YamlPath): Node | undefined {
  let node: unknown = root;
  for (const step of path) {
    if (isMap(node)) node = pairOf(node, step)?.value;
    else if (isSeq(node)) node = node.items[Number(step)];
    else return undefined;
  }
  return (node ?? undefined) as Node | undefined;
}

function pairOf(node: { items: { key: unknown; value: unknown }[] }, step: PropertyKey) {
  return node.items.find((p) => isScalar(p.key) && String(p.key.value) === String(step));
}

function offsetOf(root: Node | null, path: YamlPath, what: 'key' | 'value'): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  path.forEach((step, i) => {
    const pair = isMap(node) ? pairOf(node, step) : undefined;
    const wantKey = what === 'key' && i === path.length - 1;
    node = isMap(node) ? pair?.value : isSeq(node) ? node.items[Number(step)] : undefined;
    // A key whose value is missing still has a place.
    const here = (wantKey ? undefined : (node as Node | undefined)?.range) ?? keyRange(pair);
    offset = here?.[0] ?? offset;
  });
  return offset;
}

function keyRange(pair: { key: unknown } | undefined) {
  return (pair?.key as Node | undefined)?.range;
}
