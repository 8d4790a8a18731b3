/** Headers that every response carries. */

import type { CoreSettings } from "../config/core.ts";

export function securityHeaders(settings: CoreSettings): Readonly<Record<string, string>> {
  return {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    ...(settings.cookieSecure && {
      "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    }),
  };
}
