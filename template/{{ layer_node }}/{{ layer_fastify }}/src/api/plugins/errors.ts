/** From anything that goes wrong to the one shape of error response. */

import type { FastifyReply, FastifyRequest } from "fastify";
import plugin from "fastify-plugin";
import {
  MalformedRequest,
  PayloadTooLarge,
  type ServiceError,
  UnsupportedMediaType,
} from "../../errors.ts";
import { failureOf } from "../../http/failures.ts";

const OWN_ERRORS: Readonly<Record<string, (request: FastifyRequest) => ServiceError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => new PayloadTooLarge(),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => new UnsupportedMediaType(),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () => new MalformedRequest(),
  // A QUERY without a type is refused before anybody looks whether there is such a route.
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: ({ is404, server, exchange }) =>
    is404 ? server.routeTable.refusal(exchange.path) : new UnsupportedMediaType(),
};

export const errors = plugin(async (app) => {
  app.setErrorHandler((error: Error & { code?: string }, request, reply) =>
    fail(OWN_ERRORS[error.code ?? ""]?.(request) ?? error, request, reply),
  );
  app.setNotFoundHandler((request, reply) =>
    fail(app.routeTable.refusal(request.exchange.path), request, reply),
  );
});

function fail(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, headers, body } = failureOf(error, request.exchange);
  return reply.code(status).headers(headers).send(body);
}
