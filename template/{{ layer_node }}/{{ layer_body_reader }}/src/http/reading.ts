/** Request bodies as they come over the wire. */

import type { IncomingMessage } from "node:http";
import { MalformedRequest, PayloadTooLarge, UnsupportedMediaType } from "../errors.ts";
import { isJson, parseJson } from "./body.ts";

/**
 * What a JSON body of at most `limit` bytes says, or undefined if there is none.
 *
 * Raises MalformedRequest, UnsupportedMediaType, or PayloadTooLarge, which leaves the rest unread:
 * the answer has to close the connection.
 */
export async function readJson(request: IncomingMessage, limit: number): Promise<unknown> {
  const bytes = await read(request, limit);
  if (bytes.length > 0 && !isJson(request.headers["content-type"])) {
    throw new UnsupportedMediaType();
  }
  return parseJson(bytes);
}

/** The bytes, counted as they come: what a client says of their number is not to be relied on. */
async function read(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // Left alone after an error, or there would be no connection for the answer.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
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
