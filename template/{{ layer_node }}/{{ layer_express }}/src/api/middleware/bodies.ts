/** Request bodies: JSON only, and no larger than allowed however they are sent. */

import { readJson } from "../../http/reading.ts";
import type { Middleware } from "../dependencies.ts";

/** Not `express.json`, which reads what is too large to its end, takes an empty body for `{}`, and
 * mends what is no UTF-8. */
export function json(limit: number): Middleware {
  return async (req, _res, next) => {
    req.body = await readJson(req, limit);
    next();
  };
}
