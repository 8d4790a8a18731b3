/** Whatever is thrown ends here: Nest's own exceptions are put in the service's terms first. */

import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from "@nestjs/common";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Forbidden, NotFound, type ServiceError, Unauthenticated } from "../../errors.ts";
import { fail, refusalOf } from "../failures.ts";

const OWN_ERRORS: Readonly<Record<number, (request: FastifyRequest) => ServiceError>> = {
  401: () => new Unauthenticated(),
  403: () => new Forbidden(), // a guard that returned false
  404: (request) => (request.is404 ? refusalOf(request) : new NotFound()),
};

@Catch()
export class ErrorsFilter implements ExceptionFilter {
  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    // What a route says of caching is said of its success.
    reply.removeHeader("Cache-Control");
    fail(meant(exception, request), request, reply);
  }
}

function meant(exception: unknown, request: FastifyRequest): unknown {
  if (!(exception instanceof HttpException)) return exception;
  // Nest wraps what Fastify refuses.
  return exception.cause ?? OWN_ERRORS[exception.getStatus()]?.(request) ?? exception;
}
