/** Cross-origin resource sharing: exact origins only, and never a wildcard with credentials. */

const EXPOSE_HEADERS = "ETag, Location, Retry-After, X-Request-Id";
const PREFLIGHT = {
  "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
  "Access-Control-Allow-Headers":
    "authorization, content-type, if-match, if-none-match, traceparent",
  "Access-Control-Max-Age": "600",
};

/** Headers for a response to `origin`; an origin that is not listed gets none of them. */
export function corsHeaders(
  origin: string | undefined,
  allowed: readonly string[],
): Record<string, string> {
  if (allowed.length === 0) return {};
  if (origin === undefined || !(allowed.includes(origin) || allowed.includes("*"))) {
    return { Vary: "Origin" };
  }
  return {
    "Access-Control-Allow-Origin": origin,
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Expose-Headers": EXPOSE_HEADERS,
    Vary: "Origin",
  };
}

export function preflightHeaders(
  origin: string | undefined,
  allowed: readonly string[],
): Record<string, string> {
  const headers = corsHeaders(origin, allowed);
  return "Access-Control-Allow-Origin" in headers ? { ...headers, ...PREFLIGHT } : headers;
}
