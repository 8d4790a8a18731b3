/** Request bodies: JSON only, and no larger than allowed however they are sent. */

import { promisify } from "node:util";
import express from "express";
import { UnsupportedMediaType } from "../../errors.ts";
import { isJson, parseJson } from "../../http/body.ts";
import type { Middleware } from "../dependencies.ts";

/** Not `express.json`, which takes an empty body for `{}` and mends what is no UTF-8. */
export function json(limit: number): Middleware {
  const read = promisify(express.raw({ type: () => true, limit, inflate: false }));
  return async (req, res, next) => {
    await read(req, res);
    const bytes: unknown = req.body;
    if (bytes instanceof Uint8Array) {
      if (bytes.length > 0 && !isJson(req.headers["content-type"])) {
        throw new UnsupportedMediaType();
      }
      req.body = parseJson(bytes);
    }
    next();
  };
}
