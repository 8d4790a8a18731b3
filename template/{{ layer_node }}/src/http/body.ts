/** Request bodies: JSON only. */

import { MalformedRequest } from "../errors.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The value of a body, or undefined if there is none. Raises MalformedRequest. */
export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    throw new MalformedRequest();
  }
}

export function isJson(contentType: string | undefined): boolean {
  return contentType?.split(";", 1)[0]?.trim().toLowerCase() === "application/json";
}
