/**
 * Entry point `pvdscope/model`: what a Linux kernel may answer to a route lookup or a source
 * selection, from the state of one network namespace.
 *
 * Pure: no Node.js, no DOM, no clock. `parseSnapshot` reads a state as `pvdscope state --format
 * json` writes it; `predict` gives every allowed answer and, when asked, why.
 */

export { asAlternative, type Comparison, compare } from './model/alternative-compare.ts';
export { comparisonLines } from './model/alternative-reason.ts';
export {
  type BindingScopes,
  effectiveBinding,
  type FlowPvd,
  flowPvd,
  type ScopeBinding,
} from './model/binding.ts';
export { explainLines, outcomeText } from './model/explain.ts';
export type { Step } from './model/ladder.ts';
export { createModelState, type ModelState } from './model/model-state.ts';
export { createModel, type Model, predict, predictOn } from './model/predict.ts';
export {
  LINUX,
  LINUX_PVD,
  NETPVD,
  PROFILES,
  type Profile,
  profileByName,
  type Quirks,
  RFC,
  withQuirks,
} from './model/profile.ts';
export type {
  FlowQuery,
  LookupQuery,
  Outcome,
  Prediction,
  Query,
  SaddrQuery,
} from './model/query.ts';
export { type Addr6, addr6, parseAddr6 } from './net/addr6.ts';
export { type Prefix6, parsePrefix6, prefix6 } from './net/prefix6.ts';
export type { PvdId } from './net/pvd-id.ts';
export { parseSnapshot, presentSnapshot, type SnapshotJson } from './state/present.ts';
export type { Snapshot } from './state/snapshot.ts';
