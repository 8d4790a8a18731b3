/** Questions about the routes: which path was meant, and which methods it has. */

import { NotFound, ServiceError } from "../errors.ts";
import { parseUuid } from "../ids.ts";

/** A known path was asked for in a way that it does not support. */
export class MethodNotAllowed extends ServiceError {
  readonly allowed: string;

  constructor(methods: Iterable<string>) {
    super("method_not_allowed");
    this.allowed = [...methods].sort().join(", ");
  }
}

interface Route {
  readonly parts: readonly string[];
  readonly methods: Set<string>;
}

/** Every route of the service; each framework tells it what it was given. */
export class RouteTable {
  readonly #routes = new Map<string, Route>();

  /** `path` in the framework's own spelling, such as `/v1/posts/:id`. */
  add(method: string, path: string): void {
    const template = templateOf(path);
    const route = this.#routes.get(template) ?? { parts: template.split("/"), methods: new Set() };
    route.methods.add(method);
    this.#routes.set(template, route);
  }

  /** The template that a path fits, such as `/v1/posts/{id}`; empty if there is none. */
  match(path: string): string {
    if (this.#routes.has(path)) return path;
    const asked = path.split("/");
    const fits = (part: string, at: number) =>
      part === asked[at] || (isParameter(part) && asked[at] !== "");
    for (const [template, { parts }] of this.#routes) {
      if (parts.length === asked.length && parts.every(fits)) return template;
    }
    return "";
  }

  /** The error for a request that no route took. */
  refusal(path: string): ServiceError {
    const route = this.#routes.get(this.match(path));
    return route ? new MethodNotAllowed(route.methods) : new NotFound();
  }
}

/** The path as metrics and traces name it, whatever the framework writes. */
export const templateOf = (path: string): string => path.replace(/:(\w+)/g, "{$1}");

/** The id in a path. Where no resource can be, there is none: a malformed id is a 404 like any
 * unknown one. */
export function resourceId(text: string | undefined): string {
  const id = parseUuid(text ?? "");
  if (id === undefined) throw new NotFound();
  return id;
}

const isParameter = (part: string): boolean => part.startsWith("{");
