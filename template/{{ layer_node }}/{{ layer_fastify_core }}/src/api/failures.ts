/** From anything that goes wrong, here or in Fastify, to the one shape of error response. */

import type { FastifyReply, FastifyRequest } from "fastify";
import {
  MalformedRequest,
  PayloadTooLarge,
  type ServiceError,
  UnsupportedMediaType,
} from "../errors.ts";
import { failureOf } from "../http/failures.ts";

const OWN_ERRORS: Readonly<Record<string, (request: FastifyRequest) => ServiceError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => new PayloadTooLarge(),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => new UnsupportedMediaType(),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () => new MalformedRequest(),
  // A QUERY without a type is refused before anybody looks whether there is such a route.
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: (request) =>
    request.is404 ? refusalOf(request) : new UnsupportedMediaType(),
};

/** The error for a request that no route took. */
export const refusalOf = ({ server, exchange }: FastifyRequest): ServiceError =>
  server.routeTable.refusal(exchange.path);

export function fail(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { code = "" } = Object(error) as { code?: string };
  const meant = OWN_ERRORS[code]?.(request) ?? error;
  const { status, headers, body } = failureOf(meant, request.exchange);
  return reply.code(status).headers(headers).send(body);
}
