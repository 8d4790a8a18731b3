/** The service on its port, with everything around it, until it is told to stop. */

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { Server, ServerResponse } from "node:http";
import { Server as Listener, type Socket } from "node:net";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { AdminServer } from "../admin.ts";
import type { CoreSettings } from "../config/core.ts";
import * as logging from "../observability/logging.ts";
import { kindOf, log } from "../observability/logging.ts";
import * as metrics from "../observability/metrics.ts";
import * as tracing from "../observability/tracing.ts";
import { ERROR_RESPONSES, errorBody } from "../responses.ts";
import { securityHeaders } from "../security/headers.ts";

const KEEP_ALIVE_MS = 75_000; // longer than a proxy keeps an idle connection
const QUIET_TURN_MS = 0.05;
const QUIET_WITHIN_MS = 300;
const LAME_DUCK_MS = 300;
const SWEEP_MS = 100;
const OVERTIME_MS = 2000;

/** A service that is ready to take requests. */
export interface Application {
  readonly server: Server;
  /** Called when no request is left. */
  close(): Promise<void>;
}

/** Serve until SIGTERM or Ctrl-C, then end the process: with code 0 when it was asked to end. */
export async function serve<S extends CoreSettings>(
  settings: S,
  start: (settings: S) => Promise<Application>,
): Promise<void> {
  logging.configure(settings);
  metrics.watchProcess();
  await tracing.configure(settings);
  const stop = Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
  const { server, close } = await start(settings);
  const admin = new AdminServer(settings.host, settings.adminPort);
  const drain = prepare(server, settings);
  try {
    await listen(server, settings.port, settings.host);
    await admin.open();
  } catch (error) {
    log.error({ error: kindOf(error) }, "port_unavailable");
    process.exit(1);
  }
  log.info({ port: settings.port }, "api_started");
  await stop;
  // Whatever hangs on the way out, the process does not outlive its time by much.
  setTimeout(() => process.exit(1), settings.shutdownTimeout * 1000 + OVERTIME_MS).unref();
  await drain();
  await close();
  admin.close();
  await tracing.shutdown();
  log.info("api_stopped");
  process.exit(0);
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host);
  await once(server, "listening");
}

/** Time limits and manners of the server; what it returns ends it without dropping anyone. */
function prepare(server: Server, settings: CoreSettings): () => Promise<void> {
  // Not a set of all that are being answered: one that gains and loses every response keeps most of
  // them in memory, with all that belongs to them, until old space is collected.
  const newest = new Map<Socket, ServerResponse>();
  let answering = 0;
  let stopping = false;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.removeAllListeners("clientError");
  server.on("clientError", (error, socket) => refuse(error, socket as Socket, settings));
  server.on("connection", (socket) => socket.once("close", () => newest.delete(socket)));
  server.prependListener("request", ({ socket }, response: ServerResponse) => {
    answering += 1;
    newest.set(socket, response);
    if (stopping) response.setHeader("Connection", "close");
    response.once("close", () => {
      answering -= 1;
    });
  });
  return async () => {
    const endsAt = performance.now() + settings.shutdownTimeout * 1000;
    stopping = true;
    for (const response of newest.values()) {
      if (!response.headersSent) response.setHeader("Connection", "close");
    }
    await quietMoment();
    // Not http's own close, which would end idle connections at once: those that were accepted a
    // moment ago still have their first request on the way.
    Listener.prototype.close.call(server);
    await sleep(LAME_DUCK_MS);
    while (performance.now() < endsAt) {
      server.closeIdleConnections();
      if (answering === 0) break;
      await sleep(SWEEP_MS);
    }
    server.closeAllConnections();
  };
}

/**
 * Returns when nobody is on the way in, as far as can be known, or when that has taken too long.
 *
 * The system makes connections before they are accepted, and resets those that still wait when
 * listening ends. A turn of the event loop that takes next to no time has looked and found none.
 */
async function quietMoment(): Promise<void> {
  const endsAt = performance.now() + QUIET_WITHIN_MS;
  await nextTurn(); // the rest of this one
  for (let began = performance.now(); began < endsAt; ) {
    await nextTurn();
    const now = performance.now();
    if (now - began < QUIET_TURN_MS) return;
    began = now;
  }
}

/** Our shape of error for bytes that are not HTTP. */
function refuse(error: NodeJS.ErrnoException, socket: Socket, settings: CoreSettings): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const requestId = randomUUID();
  const { status, title } = ERROR_RESPONSES.malformed_request;
  const body = JSON.stringify(errorBody("malformed_request", requestId));
  const headers = {
    "Content-Type": "application/json",
    "Content-Length": String(Buffer.byteLength(body)),
    "X-Request-Id": requestId,
    "Cache-Control": "no-store",
    Connection: "close",
    ...securityHeaders(settings),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${status} ${title}`, ...lines, "", body].join("\r\n"));
}
