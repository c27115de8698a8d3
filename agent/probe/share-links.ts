/** Links in the hands of a process that may take its time to end. */

import { spawn } from 'node:child_process';

/**
 * The kernel waits 0.1 s for each function it detaches from (ftrace_shutdown waits for
 * synchronize_rcu_tasks), in whoever drops the last reference, even one that is being killed.
 * So a process that does nothing else shares the links, and is left alone with them when the
 * returned function is called: it ends, slowly, and we go on. It ends when we die as well.
 */
export function shareLinks(linkFds: readonly number[]): () => void {
  const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore', ...linkFds], detached: true });
  child.on('error', () => {}); // then it is we who wait
  child.unref();
  return () => child.stdin?.destroy();
}
