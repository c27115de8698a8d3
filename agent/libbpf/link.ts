/** An attached program. The kernel detaches it when the link is destroyed or we die. */

import { libbpf, type Pointer } from './abi.ts';

export class BpfLink {
  readonly program: string;
  #link: Pointer;

  constructor(program: string, link: bigint) {
    this.program = program;
    this.#link = link;
  }

  /** File descriptor of the link. @throws Error when destroyed. */
  fd(): number {
    if (this.#link === null) throw new Error(`link of ${this.program} is closed`);
    return libbpf().linkFd(this.#link);
  }

  /** Detaches. Idempotent. */
  close(): void {
    const link = this.#link;
    this.#link = null;
    if (link !== null) libbpf().linkDestroy(link);
  }
}
