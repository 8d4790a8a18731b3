/**
 * The least that does the same I/O as the generated service: what NestJS itself costs, on Fastify.
 *
 * A request verifies the token, runs one Redis script, reads the caller's row and then the post or
 * the list. No logs, no metrics, no error shapes, no timeouts: this is a measure, not a template.
 */

import { address, load, page, post, signedIn } from "./node_io.ts";

const { Controller, Get, Module, Param, Query, UseGuards } = await load("@nestjs/common");
const { NestFactory } = await load("@nestjs/core");
const { FastifyAdapter } = await load("@nestjs/platform-fastify");

interface Context {
  switchToHttp(): { getRequest(): { headers: { authorization?: string } } };
}

class SignedIn {
  canActivate(context: Context): Promise<boolean> {
    return signedIn(context.switchToHttp().getRequest().headers.authorization);
  }
}

class Health {
  check() {
    return { status: "ok" };
  }
}

class Posts {
  list(limit?: string) {
    return page(limit);
  }

  get(id: string) {
    return post(id);
  }
}

class App {}

// Decorators by hand: Node strips types, and these are more than types.
const route = (of: { prototype: object }, name: string, path?: string) =>
  Get(path)(of.prototype, name, Object.getOwnPropertyDescriptor(of.prototype, name));

route(Health, "check", "healthz");
Controller()(Health);
Query("limit")(Posts.prototype, "list", 0);
route(Posts, "list");
Param("id")(Posts.prototype, "get", 0);
route(Posts, "get", ":id");
UseGuards(SignedIn)(Posts);
Controller("v1/posts")(Posts);
Module({ controllers: [Health, Posts] })(App);

const app = await NestFactory.create(App, new FastifyAdapter(), { logger: false });
await app.listen(address.port, address.host);
