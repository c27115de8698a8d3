/** What every view gets: the state at the moment that is shown, and what it may ask for. */

import type { Envelope } from '../../src/publish/envelope.ts';
import type { ReportData } from '../../src/publish/report-data.ts';
import type { Route } from './route.ts';
import type { Store } from './store.ts';
import type { StreamState } from './stream.ts';
import type { NetnsViews } from './tables.ts';

export interface Page {
  /** Frozen while the page is paused. */
  readonly store: Store;
  /** The state at {@link Page.nowNs}. */
  readonly netns: NetnsViews;
  readonly route: Route;
  readonly stream: StreamState;
  /** The moment shown: of the traced host's clock, or where the reader went back to. */
  readonly nowNs: string;
  readonly paused: boolean;
  /** Of a file, or what the agent told of single decisions, and a comparison that was opened. */
  readonly report: ReportData;
  /** Why the agent told nothing of a decision, or that it is being asked, by `seq`. */
  readonly untold: Readonly<Record<string, string>>;
  /** Why the file that was opened cannot be shown. */
  readonly refused: string;
  readonly actions: Actions;
}

export interface Actions {
  /** Follows a link of {@link Route}. */
  go(href: string): void;
  pause(on: boolean): void;
  /** Shows the state at this moment; implies a pause. */
  seek(tsNs: string): void;
  /** Saves envelopes as NDJSON. */
  save(name: string, envelopes: readonly Envelope[]): void;
  copy(text: string): void;
  /** Shows a comparison that `pvdscope diff --format json` wrote. */
  open(file: File): void;
  /** Asks the agent how a decision came about. */
  explain(seq: number): void;
  /** Gives the token that the agent asks for. */
  authorize(token: string): void;
}

export function netnsName(page: Page, cookie: string): string {
  return page.netns.get(cookie)?.name ?? '';
}
