/**
 * Routes say in zod what they take: `json(schema)`, `query(schema)`, or `bodyless`.
 *
 * Not Hono's own validator for JSON: it reads without a limit, and mends what is not UTF-8.
 */

import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { validator } from "hono/validator";
import type { z } from "zod";
import { validBody, validQuery } from "../../faults.ts";
import { readJson } from "../../http/reading.ts";
import type { Env } from "../env.ts";

interface Json<S extends z.ZodType> {
  in: { json: z.input<S> };
  out: { json: z.output<S> };
}

export const json = <S extends z.ZodType>(schema: S) =>
  createMiddleware<Env, string, Json<S>>(async (c, next) => {
    c.req.addValidatedData("json", validBody(schema, await bodyOf(c)) as object);
    await next();
  });

export const query = <S extends z.ZodType>(schema: S) =>
  validator("query", (value) => validQuery(schema, value));

/** Nothing in a body matters here, but it has to be one that could. */
export const bodyless = createMiddleware<Env>(async (c, next) => {
  await bodyOf(c);
  await next();
});

const bodyOf = (c: Context<Env>): Promise<unknown> =>
  readJson(c.env.incoming, c.var.settings.maxBodyBytes);
