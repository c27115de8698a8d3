/**
 * A scenario's `pvdscope` router, run by this process. A program of its own would take seconds to
 * start in an emulated guest, and each scenario starts some.
 */

import { AgentError } from '../error.ts';
import type { RouterFile } from '../router/config.ts';
import { openLink } from '../router/link.ts';
import { type OnSent, runRouter } from '../router/router.ts';
import type { Background } from './background.ts';

/** Of what could not be sent, the end. */
const OUTPUT_MAX = 16 << 10;

/** `netns` is a full name. Never throws: what goes wrong is its exit code and output. */
export function startRouterHere(netns: string, ifname: string, file: RouterFile): Background {
  const end = new AbortController();
  let [isOpen, output] = [false, ''];
  let exitCode: number | undefined;
  const onSent: OnSent = ({ error }) => {
    if (error) output = `${output}${error.message}\n`.slice(-OUTPUT_MAX);
  };
  const run = async () => {
    const link = await openLink(ifname, netns);
    isOpen = true;
    try {
      await runRouter(file, link, onSent, end.signal);
    } finally {
      link.close();
    }
  };
  const ended = run().then(
    () => {
      exitCode = 0;
    },
    (error: unknown) => {
      if (!(error instanceof AgentError)) throw error;
      output = error.message;
      exitCode = error.exitCode;
    },
  );
  return {
    get exitCode() {
      return exitCode;
    },
    get output() {
      return output;
    },
    hasRouterSocket: () => isOpen,
    stop: async () => {
      end.abort();
      await ended;
    },
  };
}
