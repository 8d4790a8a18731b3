/** Page cursors: opaque to clients, safe in URLs, and refused when altered. */

import { createHash } from "node:crypto";

const TIME_BYTES = 8;
const ID_BYTES = 16;
const CHECKSUM_BYTES = 8;

/** A place in a list: just behind this row, whether it still exists or not. */
export interface Position {
  readonly created_at: Date;
  readonly id: string;
}

export function encodeCursor(position: Position): string {
  const bytes = Buffer.alloc(TIME_BYTES + ID_BYTES);
  bytes.writeBigInt64BE(BigInt(position.created_at.getTime()));
  bytes.write(position.id.replaceAll("-", ""), TIME_BYTES, "hex");
  return Buffer.concat([bytes, checksum(bytes)]).toString("base64url");
}

/** The position, or undefined if this service did not make the cursor. */
export function decodeCursor(cursor: string): Position | undefined {
  const bytes = Buffer.from(cursor, "base64url");
  const position = bytes.subarray(0, TIME_BYTES + ID_BYTES);
  if (bytes.length !== TIME_BYTES + ID_BYTES + CHECKSUM_BYTES) return undefined;
  if (!checksum(position).equals(bytes.subarray(position.length))) return undefined;
  const id = position
    .toString("hex", TIME_BYTES)
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  const decoded = { created_at: new Date(Number(position.readBigInt64BE())), id };
  // Several spellings decode to the same bytes; only ours is one we made.
  return encodeCursor(decoded) === cursor ? decoded : undefined;
}

function checksum(position: Buffer): Buffer {
  return createHash("sha256")
    .update("cursor")
    .update(position)
    .digest()
    .subarray(0, CHECKSUM_BYTES);
}
