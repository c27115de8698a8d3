/** Last resort of clean-up: what must be undone should this process exit in the middle. */

const pending = new Set<() => void>();

/** `undo` runs (synchronously) at exit unless the returned function is called before. */
export function atExit(undo: () => void): () => void {
  if (pending.size === 0) process.on('exit', undoAll);
  pending.add(undo);
  return () => {
    pending.delete(undo);
    if (pending.size === 0) process.off('exit', undoAll);
  };
}

function undoAll(): void {
  for (const undo of [...pending].reverse()) undo();
  pending.clear();
}
