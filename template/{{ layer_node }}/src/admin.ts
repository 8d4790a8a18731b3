/** The admin listener: metrics, and a worker's probes, on a port of their own. */

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import * as metrics from "./observability/metrics.ts";

export interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export type Routes = Readonly<Record<string, () => Reply | Promise<Reply>>>;

/** Serves `/metrics` and the given routes until `close`. */
export class AdminServer {
  readonly #server: Server;
  readonly #host: string;
  readonly #port: number;

  constructor(host: string, port: number, routes: Routes = {}) {
    this.#host = host;
    this.#port = port;
    this.#server = createServer(async (request, response) => {
      const path = request.url?.split("?", 1)[0] ?? "";
      if (path === "/metrics") {
        const text = await metrics.exposition();
        response.writeHead(200, { "Content-Type": metrics.CONTENT_TYPE }).end(text);
        return;
      }
      const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
      const reply = (await route?.()) ?? { status: 404, body: { error: "Not Found" } };
      response
        .writeHead(reply.status, { "Content-Type": "application/json" })
        .end(JSON.stringify(reply.body));
    });
  }

  /** Raises if the port is taken. */
  async open(): Promise<void> {
    this.#server.listen(this.#port, this.#host);
    await once(this.#server, "listening");
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
