/** What is known of the request that is being answered, and what is told of it in the end. */

import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { CoreSettings } from "../config/core.ts";
import { log } from "../observability/logging.ts";
import { httpDuration, methodLabel } from "../observability/metrics.ts";
import { reenter, type Scope } from "../observability/scope.ts";
import {
  endServerSpan,
  type OpenSpan,
  scopeOf,
  startServerSpan,
} from "../observability/tracing.ts";
import { type Decision, rateLimitHeaders } from "../rate-limit.ts";
import { clientIp } from "../security/client-ip.ts";
import { securityHeaders } from "../security/headers.ts";

const REQUEST_ID = /^[A-Za-z0-9._-]{8,128}$/;
export const PROBES: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);

/** Made when a request arrives, filled on its way in, read on the way out. */
export class Exchange {
  readonly requestId: string;
  readonly clientIp: string;
  readonly method: string;
  readonly path: string;
  readonly scope: Scope;
  readonly decisions: Decision[] = [];
  credentialSent = false;
  /** A credential was sent, and whose it is could not be found out. */
  identityUnknown = false;
  corsHeaders: Readonly<Record<string, string>> = {};
  readonly #settings: CoreSettings;
  readonly #span: OpenSpan;
  readonly #startedAt = performance.now();

  constructor(request: IncomingMessage, settings: CoreSettings) {
    const { headers } = request;
    this.#settings = settings;
    this.method = methodLabel(request.method ?? "");
    this.path = (request.url ?? "").split("?", 1)[0] ?? "";
    this.requestId = keptOrNew(headers["x-request-id"]);
    this.clientIp = clientIp(
      request.socket.remoteAddress ?? "unknown",
      headers["x-forwarded-for"]?.toString(),
      settings.trustedProxyHops,
    );
    this.#span = startServerSpan(this.method, headers["traceparent"]?.toString());
    const { fields, ...trace } = scopeOf(this.#span.context);
    this.scope = {
      ...trace,
      fields: { request_id: this.requestId, ...fields, client_ip: this.clientIp },
    };
  }

  get userId(): string | undefined {
    return this.scope.fields.user_id;
  }

  set userId(userId: string) {
    this.scope.fields.user_id = userId;
  }

  get isProbe(): boolean {
    return PROBES.has(this.path);
  }

  /** Run `work` as part of this exchange: its log lines and its jobs name the request. */
  run<T>(work: () => T): T {
    return reenter(this.scope, work);
  }

  /** Headers of the response, whatever it is; Cache-Control is for one that says nothing itself. */
  headers(): Record<string, string> {
    return {
      "Cache-Control": "no-store",
      "X-Request-Id": this.requestId,
      ...securityHeaders(this.#settings),
      ...rateLimitHeaders(this.decisions),
      ...this.corsHeaders,
    };
  }

  /** Tell metrics, traces and the log how it went. `route` is the template, such as
   * `/v1/posts/{id}`, or empty if no route matched. */
  end(route: string, status: number): void {
    const ms = performance.now() - this.#startedAt;
    const { method, path } = this;
    httpDuration.observe(
      {
        http_request_method: method,
        http_route: route,
        http_response_status_code: String(status),
      },
      ms / 1000,
    );
    endServerSpan(this.#span, { method, route, path, status });
    if (this.isProbe) return;
    const duration_ms = Math.round(ms * 1000) / 1000;
    this.run(() => log.info({ method, route, status, duration_ms }, "http_request"));
  }
}

function keptOrNew(requestId: string | string[] | undefined): string {
  return typeof requestId === "string" && REQUEST_ID.test(requestId) ? requestId : randomUUID();
}
