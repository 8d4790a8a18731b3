/** Routes say in zod what they take: `schema: { body, querystring }`. */

import type { FastifyPluginAsync, FastifyTypeProvider, RawServerDefault } from "fastify";
import plugin from "fastify-plugin";
import type { z } from "zod";
import { MalformedRequest } from "../../errors.ts";
import { validBody, validQuery } from "../../faults.ts";

/** Handlers see a body or a query as its schema describes it. */
export interface Zod extends FastifyTypeProvider {
  validator: this["schema"] extends z.ZodType ? z.output<this["schema"]> : unknown;
}

export type Routes = FastifyPluginAsync<Record<never, never>, RawServerDefault, Zod>;

export const validation = plugin(async (app) => {
  app.addHook("preValidation", async ({ body, routeOptions }) => {
    if (routeOptions.schema?.body !== undefined && body === undefined) throw new MalformedRequest();
  });

  app.setValidatorCompiler<z.ZodType>(({ schema, httpPart }) => {
    const valid = httpPart === "querystring" ? validQuery : validBody;
    return (data: unknown) => ({ value: valid(schema, data) });
  });
});
