/**
 * Routes say in zod what they take: `json(schema)`, `query(schema)`, or `bodyless`.
 *
 * Not Hono's own validator for JSON: it reads without a limit, and mends what is not UTF-8.
 */

import type { IncomingMessage } from "node:http";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { validator } from "hono/validator";
import type { z } from "zod";
import { MalformedRequest, PayloadTooLarge, UnsupportedMediaType } from "../../errors.ts";
import { validBody, validQuery } from "../../faults.ts";
import { isJson, parseJson } from "../../http/body.ts";
import type { Env } from "../env.ts";

interface Json<S extends z.ZodType> {
  in: { json: z.input<S> };
  out: { json: z.output<S> };
}

export const json = <S extends z.ZodType>(schema: S) =>
  createMiddleware<Env, string, Json<S>>(async (c, next) => {
    const body = await bodyOf(c);
    if (body === undefined) throw new MalformedRequest();
    c.req.addValidatedData("json", validBody(schema, body) as object);
    await next();
  });

export const query = <S extends z.ZodType>(schema: S) =>
  validator("query", (value) => validQuery(schema, value));

/** Nothing in a body matters here, but it has to be one that could. */
export const bodyless = createMiddleware<Env>(async (c, next) => {
  await bodyOf(c);
  await next();
});

async function bodyOf(c: Context<Env>): Promise<unknown> {
  const { incoming } = c.env;
  const bytes = await read(incoming, c.var.settings.maxBodyBytes);
  if (bytes.length > 0 && !isJson(incoming.headers["content-type"])) {
    throw new UnsupportedMediaType();
  }
  return parseJson(bytes);
}

/** The bytes, counted as they come: what a client says of their number is not to be relied on. */
async function read(incoming: IncomingMessage, limit: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // Left alone after an error, or there would be no connection for the answer.
    for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
      length += chunk.length;
      if (length > limit) throw new PayloadTooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    // Whatever else goes wrong, the client broke off.
    throw error instanceof PayloadTooLarge ? error : new MalformedRequest();
  }
  return Buffer.concat(chunks);
}
