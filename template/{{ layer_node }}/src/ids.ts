/** Identifiers: UUID version 7, which sort by the time they were made (RFC 9562, section 5.7). */

import { randomBytes } from "node:crypto";

const CANONICAL = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

export function uuid7(): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString("hex");
  return [0, 8, 12, 16, 20]
    .map((start, index, starts) => hex.slice(start, starts[index + 1]))
    .join("-");
}

/** The id that `text` names in its canonical form, or undefined. */
export function parseUuid(text: string): string | undefined {
  return CANONICAL.test(text) ? text.toLowerCase() : undefined;
}
