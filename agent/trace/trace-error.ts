/** Why a trace cannot be read. */

import { AgentError, EXIT } from '../error.ts';
import { TRACE_VERSION } from './pcapng.ts';

export function readError(path: string, cause: unknown): AgentError {
  return new AgentError({
    code: 'PVD_ERR_TRACE_READ',
    op: `read trace ${path}`,
    message: `cannot read the trace ${path}: ${cause instanceof Error ? cause.message : cause}`,
    hint: 'check the path and its permissions',
    cause,
    exitCode: EXIT.usage,
  });
}

export function noTrace(path: string, why = 'no pcapng file'): AgentError {
  return new AgentError({
    code: 'PVD_ERR_TRACE_FORMAT',
    op: `read trace ${path}`,
    message: `${path} is not a trace: it is ${why}`,
    hint: 'a trace is what `pvdscope record -o FILE` writes',
    exitCode: EXIT.usage,
  });
}

export function noRecords(path: string): AgentError {
  return new AgentError({
    code: 'PVD_ERR_TRACE_FORMAT',
    op: `read trace ${path}`,
    message: `${path} is a pcapng file without pvdscope records`,
    hint: 'packet captures are read by `pvdscope parse --pcap FILE`',
    exitCode: EXIT.usage,
  });
}

export function newerVersion(path: string, version: number): AgentError {
  return new AgentError({
    code: 'PVD_ERR_TRACE_VERSION',
    op: `read trace ${path}`,
    message: `${path} has trace version ${version}, this build reads up to ${TRACE_VERSION}`,
    hint: 'use the pvdscope that recorded it, or a newer one; what comes before is read',
  });
}
