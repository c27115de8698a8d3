/** The file below a trace: what may fail, and what to do about it. */

import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { AgentError } from '../error.ts';

/** A file that only ever grows by whole blocks. */
export class TraceFile {
  readonly path: string;
  readonly #regular: boolean;
  #fd: number;
  #length = 0;

  constructor(path: string) {
    this.path = path;
    try {
      this.#fd = openSync(path, 'w', 0o600);
      this.#regular = fstatSync(this.#fd).isFile();
    } catch (cause) {
      throw fileError('create', path, cause);
    }
  }

  get length(): number {
    return this.#length;
  }

  /** Appends the blocks, all or none; returns their length. Throws AgentError. */
  write(blocks: readonly Buffer[]): number {
    const bytes = Buffer.concat(blocks);
    let done = 0;
    try {
      while (done < bytes.length) done += writeSync(this.#fd, bytes, done);
    } catch (cause) {
      this.#cutBack();
      throw fileError('write', this.path, cause);
    }
    this.#length += bytes.length;
    return bytes.length;
  }

  close(): void {
    if (this.#fd < 0) return;
    const fd = this.#fd;
    this.#fd = -1;
    try {
      closeSync(fd);
    } catch (cause) {
      throw fileError('close', this.path, cause);
    }
  }

  #cutBack(): void {
    if (!this.#regular) return;
    try {
      ftruncateSync(this.#fd, this.#length);
    } catch {
      // The reader copes with a partial last block.
    }
  }
}

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC:
    'the disk is full: free some space or record to another one; what was written is readable',
  EDQUOT: 'the disk quota is used up; what was written is readable',
  EROFS: 'the file system is read-only: record to another one',
  EACCES: 'choose a place this user may write to',
  EPERM: 'choose a place this user may write to',
  ENOENT: 'the directory does not exist: create it first',
  EISDIR: 'this is a directory: give a file name',
  EFBIG: 'the file reached the size limit (ulimit -f); what was written is readable',
};

function fileError(what: string, path: string, cause: unknown): AgentError {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const hint = HINTS[code];
  return new AgentError({
    code: 'PVD_ERR_TRACE_WRITE',
    op: `${what} trace ${path}`,
    message: `cannot ${what} the trace ${path}: ${message}`,
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}
