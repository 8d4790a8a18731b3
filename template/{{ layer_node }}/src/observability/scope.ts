/** What is known wherever the code of one request or job runs: for its log lines and its jobs. */

import { AsyncLocalStorage } from "node:async_hooks";

export interface Scope {
  /** Of every log line. More may be added while the work goes on. */
  readonly fields: { request_id?: string; user_id?: string } & Record<string, string | number>;
  readonly traceparent?: string;
}

const scopes = new AsyncLocalStorage<Scope>();

export const currentScope = (): Scope | undefined => scopes.getStore();

/** Run `work` with these fields beside those that hold already. */
export function within<T>(scope: Scope, work: () => T): T {
  const outer = scopes.getStore();
  return scopes.run({ ...outer, ...scope, fields: { ...outer?.fields, ...scope.fields } }, work);
}

/** Run `work` in a scope that was made before: where callbacks have lost it. */
export function reenter<T>(scope: Scope, work: () => T): T {
  return scopes.run(scope, work);
}
