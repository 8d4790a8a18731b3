/**
 * Cross-site request forgery: refuse what a browser sends on behalf of another site.
 *
 * Fetch Metadata with the origin as a fallback, as in Go's `http.CrossOriginProtection` and
 * OWASP's cheat sheet; no token and no extra cookie.
 */

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

export interface Provenance {
  readonly method: string;
  readonly authorization: string | undefined;
  readonly origin: string | undefined;
  readonly secFetchSite: string | undefined;
  readonly host: string | undefined;
}

/** Whether the request has to be refused. */
export function isCrossSite(request: Provenance, allowedOrigins: readonly string[]): boolean {
  const { method, authorization, origin, secFetchSite, host } = request;
  // A browser never adds an Authorization header by itself: such a request is deliberate.
  if (SAFE_METHODS.has(method) || authorization !== undefined) return false;
  if (origin !== undefined && allowedOrigins.includes(origin)) return false;
  if (secFetchSite !== undefined) return !["same-origin", "none"].includes(secFetchSite);
  if (origin === undefined) return false;
  return origin.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "") !== (host ?? "");
}
