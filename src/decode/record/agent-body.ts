/** Checks of the JSON bodies: a trace may come from anybody. */

import type { AgentStartEvent, DumpEvent, HookStatus, LostEvent } from '../event.ts';

/** Longest JSON body of a record, in bytes. */
export const JSON_BYTES_MAX: number = 64 << 10;

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

export function isAgentStartInfo(value: unknown): value is AgentStartEvent['info'] {
  if (!isFields(value)) return false;
  const { version, host, bootId, kernel, hz, realtimeOffsetNs, hooks, quirks, profile } = value;
  return (
    [version, host, bootId, kernel].every(isText) &&
    isCount(hz) &&
    isText(realtimeOffsetNs) &&
    /^-?\d{1,20}$/.test(realtimeOffsetNs) &&
    Array.isArray(hooks) &&
    hooks.every(isHookStatus) &&
    (quirks === undefined || isQuirks(quirks)) &&
    (profile === undefined || isText(profile))
  );
}

function isQuirks(value: unknown): boolean {
  return isFields(value) && Object.values(value).every((on) => typeof on === 'boolean');
}

function isHookStatus(value: unknown): value is HookStatus {
  if (!isFields(value)) return false;
  const { program, target, attached, reason } = value;
  const texts = isText(program) && isText(target) && (reason === undefined || isText(reason));
  return texts && typeof attached === 'boolean';
}

export function isAgentNetnsBody(value: unknown): value is { name: string; inum: number } {
  if (!isFields(value)) return false;
  const { name, inum } = value;
  return isText(name) && isCount(inum);
}

export function isDumpBody(value: unknown): value is Pick<DumpEvent, 'missing'> {
  if (!isFields(value)) return false;
  const { missing } = value;
  return Array.isArray(missing) && missing.every(isMissing);
}

function isMissing(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { part, reason } = value;
  return isText(part) && isText(reason);
}

export function isLostBody(
  value: unknown,
): value is Pick<LostEvent, 'byKind' | 'total' | 'skipped' | 'leftOut'> {
  if (!isFields(value)) return false;
  const { byKind, total, skipped, leftOut } = value;
  const isWhole = isCounts(byKind) && isCount(total);
  const isSound = leftOut === undefined || isCounts(leftOut);
  return isWhole && isSound && (skipped === undefined || isSkipped(skipped));
}

function isCounts(value: unknown): boolean {
  return isFields(value) && Object.values(value).every(isCount);
}

function isSkipped(value: unknown): boolean {
  return isFields(value) && isCount(value['decision']) && isCount(value['state']);
}
