/** Entity tags in conditional requests (RFC 9110, section 13.1). */

const TAG = /\s*((?:W\/)?"[^"]*")\s*(?:,|$)/g;

export const etagOf = (row: { readonly version: number }): string => `"${row.version}"`;

/** If-None-Match: whether the client already has this version. */
export function matchesWeakly(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.trim() === "*" || tags(header).some((tag) => tag.replace(/^W\//, "") === etag);
}

/** If-Match: whether the client is about to change the version that it read. */
export function matchesStrongly(header: string, etag: string): boolean {
  return header.trim() === "*" || tags(header).includes(etag);
}

function tags(header: string): string[] {
  return [...header.matchAll(TAG)].map((match) => match[1] ?? "");
}
