/** Bindings of sockets, threads and processes: set, inherited, resolved. */

import type { PvdId } from '../../net/pvd-id.ts';
import { type Holding, type Invariant, unless } from '../invariant.ts';
import type { BindingObservation, Bound } from '../observation.ts';

const KEPT = ['linux-pvd', 'rfc'] as const;
const ALL = [...KEPT, 'netpvd-4.15'] as const;

type Resolved = readonly PvdId[] | 'unreachable';

function same(a: Bound | Resolved, b: Bound | Resolved): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  return a.length === b.length && a.every((id) => b.includes(id));
}

function text(bound: Bound | Resolved): string {
  if (typeof bound === 'string') return bound;
  return bound.length === 0 ? 'no PvD' : bound.join(', ');
}

/** The narrower scope decides unless it inherits (SO_BINDTOPVD). */
function effective(socket: Bound, task: Bound): readonly PvdId[] {
  if (socket !== 'inherit') return socket;
  return task === 'inherit' ? [] : task;
}

function socketMasksTask(o: BindingObservation): Holding {
  if (o.op !== 'resolve') return 'not-applicable';
  const { socket, task, resolved } = o;
  if (socket === undefined || task === undefined || resolved === undefined) return 'unobservable';
  if (resolved === 'unreachable') return 'not-applicable';
  const want = effective(socket, task);
  return unless(same(resolved, want), () => {
    const levels = `socket: ${text(socket)}, task: ${text(task)}`;
    return `a flow (${levels}) was bound to ${text(resolved)}, not to ${text(want)}`;
  });
}

function failureChangesNothing(o: BindingObservation): Holding {
  if (o.op !== 'set' || o.error === 0) return 'not-applicable';
  return unchanged(o, `a failed binding to ${text(o.asked)} (errno ${o.error})`);
}

function unchanged(
  { before, after }: { readonly before?: Bound | undefined; readonly after?: Bound | undefined },
  what: string,
): Holding {
  if (before === undefined || after === undefined) return 'unobservable';
  return unless(same(before, after), () => `${what} made ${text(after)} of ${text(before)}`);
}

function readsBack(o: BindingObservation): Holding {
  if (o.op !== 'set' || o.error !== 0 || o.asked === 'inherit') return 'not-applicable';
  const { asked, after, known } = o;
  if (after === undefined || known === undefined) return 'unobservable';
  if (!asked.every((id) => known.includes(id))) return 'not-applicable';
  return unless(
    same(asked, after),
    () => `bound to ${text(asked)}, the ${o.scope} reads ${text(after)}`,
  );
}

function threadsShare(o: BindingObservation): Holding {
  if (o.op !== 'set' || o.scope !== 'process' || o.error !== 0) return 'not-applicable';
  const { asked, threads } = o;
  if (threads === undefined) return 'unobservable';
  const other = threads.find((bound) => !same(bound, asked));
  return unless(
    other === undefined,
    () => `the process is bound to ${text(asked)}, one of its threads to ${text(other ?? [])}`,
  );
}

function staysWithItsName(o: BindingObservation): Holding {
  if (o.op !== 'resolve' || o.recreated !== true) return 'not-applicable';
  const { socket, resolved } = o;
  if (socket === undefined || resolved === undefined) return 'unobservable';
  if (socket === 'inherit' || resolved === 'unreachable') return 'holds';
  return unless(
    same(socket, resolved),
    () => `a socket bound to ${text(socket)}, made anew since, uses ${text(resolved)}`,
  );
}

export const BINDING: readonly Invariant[] = [
  {
    id: 'I9',
    code: 'pvd.scope-order',
    source: 'SO_BINDTOPVD: socket before thread before process',
    text: 'The binding of the socket masks that of the task, and none masks it as well.',
    profiles: ALL,
    checks: { binding: socketMasksTask },
  },
  {
    id: 'I10',
    code: 'pvd.failed-bind-keeps',
    source: 'SO_BINDTOPVD; setsockopt(2)',
    text: 'A failed binding leaves the one before.',
    profiles: KEPT,
    checks: { binding: failureChangesNothing },
  },
  {
    id: 'I11',
    code: 'pvd.bind-reads-back',
    source: 'SO_BINDTOPVD; getsockopt(2)',
    text: 'A binding that succeeded is read back at the same scope while the PvD exists.',
    profiles: ALL,
    checks: { binding: readsBack },
  },
  {
    id: 'I12',
    code: 'pvd.bind-fork',
    source: 'SO_BINDTOPVD; copy_process()',
    text: 'A new task has the binding of its parent.',
    profiles: KEPT,
    checks: {
      binding: (o) => (o.op === 'fork' ? unchanged(o, 'a new task') : 'not-applicable'),
    },
  },
  {
    id: 'I13',
    code: 'pvd.bind-exec',
    source: 'SO_BINDTOPVD; execve(2)',
    text: 'A task keeps its binding when it executes another program.',
    profiles: ALL,
    checks: { binding: (o) => (o.op === 'exec' ? unchanged(o, 'execve') : 'not-applicable') },
  },
  {
    id: 'I14',
    code: 'pvd.bind-threads',
    source: 'SO_BINDTOPVD, process scope',
    text: 'The binding of a process is that of each of its threads.',
    profiles: KEPT,
    checks: { binding: threadsShare },
  },
  {
    id: 'I15',
    code: 'pvd.bind-recreated',
    source: 'SO_BINDTOPVD; unregister_pvd()',
    text: 'A socket bound to a PvD that was deleted and made anew never uses another one.',
    profiles: ALL,
    checks: { binding: staysWithItsName },
  },
];
