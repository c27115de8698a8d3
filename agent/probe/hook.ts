/** One BPF program of the object: what it hooks and what is lost without it. */

export type HookType = 'fentry' | 'fexit' | 'tp_btf' | 'kprobe' | 'kretprobe' | 'iter';

export interface Hook {
  /** Program in the object, e.g. `fib6_add_exit`. */
  readonly program: string;
  readonly type: HookType;
  /** Kernel function, tracepoint or iterator. */
  readonly target: string;
  /** Program this one stands in for: it is tried only where that one does not attach. */
  readonly insteadOf?: string;
  /** Only of a kernel that is held against this profile of the model: nothing is missed elsewhere. */
  readonly profile?: string;
  /** The program reads the return value: a function that returns nothing is no target. */
  readonly needsReturn?: true;
  /** What is not seen when neither this program nor one that stands in for it attaches. */
  readonly degrades: string;
}
