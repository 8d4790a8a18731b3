/** From a post to its representation with its entity tag, or to a 304 for who has it already. */

import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from "@nestjs/common";
import type { FastifyReply, FastifyRequest } from "fastify";
import { map, type Observable } from "rxjs";
import { etagOf, matchesWeakly } from "../../etags.ts";
import type { Post } from "../../models.ts";
import * as schemas from "../../schemas.ts";

type Representation = ReturnType<typeof schemas.post>;

@Injectable()
export class OnePostInterceptor implements NestInterceptor<Post, Representation | undefined> {
  intercept(
    context: ExecutionContext,
    next: CallHandler<Post>,
  ): Observable<Representation | undefined> {
    const http = context.switchToHttp();
    const { headers, method } = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    return next.handle().pipe(
      map((post) => {
        const etag = etagOf(post);
        reply.header("ETag", etag);
        if (method === "GET" && matchesWeakly(headers["if-none-match"], etag)) {
          reply.code(304);
          return undefined;
        }
        return schemas.post(post);
      }),
    );
  }
}
