/** Request bodies: JSON only, and no larger than allowed however they are sent. */

import type { IncomingMessage } from "node:http";
import { MalformedRequest, PayloadTooLarge, UnsupportedMediaType } from "../../errors.ts";
import { isJson, parseJson } from "../../http/body.ts";
import type { Middleware } from "../dependencies.ts";

/** Not `express.json`, which reads what is too large to its end, takes an empty body for `{}`, and
 * mends what is no UTF-8. */
export function json(limit: number): Middleware {
  return async (req, res, next) => {
    const bytes = await read(req, limit);
    if (bytes === undefined) {
      // The rest is never read.
      res.set("Connection", "close");
      throw new PayloadTooLarge();
    }
    if (bytes.length > 0 && !isJson(req.headers["content-type"])) throw new UnsupportedMediaType();
    req.body = parseJson(bytes);
    next();
  };
}

/** What is sent, or nothing if it is more than `limit` bytes. */
async function read(req: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Not destroyed, or nobody could be told anything.
    for await (const chunk of req.iterator({ destroyOnReturn: false })) {
      size += chunk.length;
      if (size > limit) return undefined;
      chunks.push(chunk);
    }
  } catch {
    throw new MalformedRequest(); // it ended in the middle
  }
  return Buffer.concat(chunks);
}
