/** The outermost layer: request id, trace, access log, metrics and headers. */

import plugin from "fastify-plugin";
import { Exchange } from "../../http/exchange.ts";
import { RouteTable, templateOf } from "../../http/routing.ts";

declare module "fastify" {
  interface FastifyInstance {
    routeTable: RouteTable;
  }
  interface FastifyRequest {
    exchange: Exchange;
  }
}

export const context = plugin(async (app) => {
  const table = new RouteTable();
  app.decorate("routeTable", table);
  app.decorateRequest("exchange");

  app.addHook("onRoute", ({ method, path }) => {
    for (const one of [method].flat()) table.add(one, path);
  });

  app.addHook("onRequest", (request, _reply, done) => {
    request.exchange = new Exchange(request.raw, app.settings);
    request.exchange.run(done);
  });

  // Reading a body leaves the scope of the request: what listens to a socket belongs to nobody.
  app.addHook("preValidation", (request, _reply, done) => request.exchange.run(done));

  app.addHook("onSend", ({ exchange }, reply, _payload, done) => {
    for (const [name, value] of Object.entries(exchange.headers())) {
      if (!reply.hasHeader(name)) reply.header(name, value);
    }
    done();
  });

  app.addHook("onResponse", ({ exchange, routeOptions }, reply, done) => {
    const { url } = routeOptions;
    exchange.end(url ? templateOf(url) : table.match(exchange.path), reply.statusCode);
    done();
  });
});
