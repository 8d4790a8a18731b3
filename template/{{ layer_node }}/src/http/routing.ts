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

/** Every route of the service; each framework tells it what it was given. */
export class RouteTable {
  readonly #methods = new Map<string, Set<string>>();

  /** `path` in the framework's own spelling, such as `/v1/posts/:id`. */
  add(method: string, path: string): void {
    const template = templateOf(path);
    const methods = this.#methods.get(template) ?? new Set();
    this.#methods.set(template, methods.add(method));
  }

  /** The template that a path fits, such as `/v1/posts/{id}`; empty if there is none. */
  match(path: string): string {
    if (this.#methods.has(path)) return path;
    const parts = path.split("/");
    for (const template of this.#methods.keys()) {
      const pattern = template.split("/");
      const fits = (part: string, at: number) =>
        part === parts[at] || (isParameter(part) && parts[at]);
      if (pattern.length === parts.length && pattern.every(fits)) return template;
    }
    return "";
  }

  /** The error for a request that no route took. */
  refusal(path: string): ServiceError {
    const methods = this.#methods.get(this.match(path));
    return methods ? new MethodNotAllowed(methods) : new NotFound();
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
