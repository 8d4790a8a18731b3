/**
 * Traces: W3C trace context always, OpenTelemetry spans when a collector is configured.
 *
 * Every request and job has a trace id and a span id, so that log lines can be joined even where
 * tracing is off. The OpenTelemetry SDK is only imported when it is on.
 */

import { randomUUID } from "node:crypto";
import type { Context, Span, SpanKind, Tracer } from "@opentelemetry/api";
import type { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";
import type { CoreSettings } from "../config/core.ts";
import { currentScope, type Scope, within } from "./scope.ts";

const FLUSH_MS = 3000;
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

/** A span that has begun: its identity, and what records it if tracing is on. */
export interface OpenSpan {
  readonly context: TraceContext;
  readonly recording?: Span;
}

type Api = typeof import("@opentelemetry/api");

let exporting: { api: Api; provider: BasicTracerProvider; tracer: Tracer } | undefined;

/** Turn the export of spans on if an OTLP endpoint is set; otherwise do nothing. */
export async function configure(settings: CoreSettings): Promise<void> {
  const endpoint =
    settings.otelExporterOtlpEndpoint ?? process.env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
  if (!endpoint) return;
  const [api, base, resources, otlp] = await Promise.all([
    import("@opentelemetry/api"),
    import("@opentelemetry/sdk-trace-base"),
    import("@opentelemetry/resources"),
    import("@opentelemetry/exporter-trace-otlp-proto"),
  ]);
  const name = process.env["OTEL_SERVICE_NAME"] ?? settings.serviceName;
  const detected = resources.detectResources({ detectors: [resources.envDetector] });
  const provider = new base.BasicTracerProvider({
    resource: resources
      .defaultResource()
      .merge(detected)
      .merge(resources.resourceFromAttributes({ "service.name": name })),
    spanProcessors: [new base.BatchSpanProcessor(new otlp.OTLPTraceExporter())],
  });
  exporting = { api, provider, tracer: provider.getTracer("app") };
}

/** Send what is left, but never let a slow collector hold the process. */
export async function shutdown(): Promise<void> {
  if (exporting === undefined) return;
  const patience = new Promise((resolve) => setTimeout(resolve, FLUSH_MS).unref());
  await Promise.race([exporting.provider.shutdown().catch(() => {}), patience]);
}

/** The caller's trace context, or undefined if there is none or it is malformed. */
export function parseTraceparent(header: string | null | undefined): TraceContext | undefined {
  const match = header ? TRACEPARENT.exec(header) : null;
  if (match === null) return undefined;
  const [, version, traceId = "", spanId = "", flags = "00", rest] = match;
  const malformed = version === "ff" || (version === "00" && rest !== undefined);
  if (malformed || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** The trace that the running code belongs to, for whoever continues it. */
export const currentTraceparent = (): string | null => currentScope()?.traceparent ?? null;

/** Begin the span of one HTTP request; end it with `endServerSpan`. */
export function startServerSpan(method: string, traceparent: string | undefined): OpenSpan {
  return start(method, parseTraceparent(traceparent), "SERVER");
}

export function endServerSpan(
  { recording }: OpenSpan,
  outcome: { method: string; route: string; path: string; status: number },
): void {
  if (recording === undefined || exporting === undefined) return;
  const { method, route, path, status } = outcome;
  if (route) {
    recording.updateName(`${method} ${route}`);
    recording.setAttribute("http.route", route);
  }
  recording.setAttributes({
    "http.request.method": method,
    "http.response.status_code": status,
    "url.path": path,
    "url.scheme": "http",
  });
  if (status >= 500) {
    recording.setStatus({ code: exporting.api.SpanStatusCode.ERROR });
    recording.setAttribute("error.type", String(status));
  }
  recording.end();
}

/** Run `work` in the span of one run of a job, a child of the request that enqueued it. */
export async function inConsumerSpan(
  job: { readonly id: string; readonly type: string; readonly traceparent: string | null },
  work: () => Promise<void>,
): Promise<void> {
  const { context, recording } = start(
    `process ${job.type}`,
    parseTraceparent(job.traceparent),
    "CONSUMER",
  );
  recording?.setAttributes({
    "messaging.system": "jobs",
    "messaging.operation.type": "process",
    "messaging.operation.name": "process",
    "messaging.destination.name": job.type,
    "messaging.message.id": job.id,
  });
  try {
    await within(scopeOf(context), work);
  } catch (error) {
    if (exporting) recording?.setStatus({ code: exporting.api.SpanStatusCode.ERROR });
    throw error;
  } finally {
    recording?.end();
  }
}

/** What every line and every job of this span's work carries. */
export function scopeOf({ traceId, spanId, sampled }: TraceContext): Scope {
  return {
    fields: { trace_id: traceId, span_id: spanId },
    traceparent: `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`,
  };
}

function start(
  name: string,
  parent: TraceContext | undefined,
  kind: keyof typeof SpanKind,
): OpenSpan {
  if (exporting === undefined) {
    const traceId = parent?.traceId ?? randomId();
    return { context: { traceId, spanId: randomId().slice(-16), sampled: true } };
  }
  const { api, tracer } = exporting;
  const recording = tracer.startSpan(name, { kind: api.SpanKind[kind] }, remote(api, parent));
  const { traceId, spanId, traceFlags } = recording.spanContext();
  return { context: { traceId, spanId, sampled: (traceFlags & 1) === 1 }, recording };
}

/** 32 hexadecimal digits of a UUID: Node has random bytes for those in stock, where it would ask the
 * system for any others. */
const randomId = (): string => randomUUID().replaceAll("-", "");

function remote(api: Api, parent: TraceContext | undefined): Context {
  if (parent === undefined) return api.ROOT_CONTEXT;
  return api.trace.setSpanContext(api.ROOT_CONTEXT, {
    traceId: parent.traceId,
    spanId: parent.spanId,
    traceFlags: parent.sampled ? api.TraceFlags.SAMPLED : api.TraceFlags.NONE,
    isRemote: true,
  });
}
