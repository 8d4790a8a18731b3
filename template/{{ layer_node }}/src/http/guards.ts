/** What every request passes before a route sees it. */

import type { IncomingHttpHeaders } from "node:http";
import type { Settings } from "../config/index.ts";
import { CsrfRejected, Unauthenticated, Unavailable } from "../errors.ts";
import { log } from "../observability/logging.ts";
import { type Decision, enforce } from "../rate-limit.ts";
import { rateLimitKey } from "../security/client-ip.ts";
import { corsHeaders, preflightHeaders } from "../security/cors.ts";
import { isCrossSite } from "../security/csrf.ts";
import type { Services } from "../services/index.ts";
import { readCredential } from "./credentials.ts";
import type { Exchange } from "./exchange.ts";

export class Guards {
  readonly #settings: Settings;
  readonly #services: Services;

  constructor(settings: Settings, services: Services) {
    this.#settings = settings;
    this.#services = services;
  }

  /** The headers of a preflight's whole answer; anything else goes on, with those of its own. */
  preflight(exchange: Exchange, headers: IncomingHttpHeaders): Record<string, string> | undefined {
    const allowed = this.#settings.corsAllowedOrigins;
    if (allowed.length === 0) return undefined;
    if (exchange.method === "OPTIONS" && "access-control-request-method" in headers) {
      return preflightHeaders(headers.origin, allowed);
    }
    exchange.corsHeaders = corsHeaders(headers.origin, allowed);
    return undefined;
  }

  /** Refuses what other sites make a browser send. */
  refuseCrossSite(exchange: Exchange, headers: IncomingHttpHeaders): void {
    const { authorization, host, origin } = headers;
    const secFetchSite = headers["sec-fetch-site"]?.toString();
    const provenance = { method: exchange.method, authorization, origin, secFetchSite, host };
    if (isCrossSite(provenance, this.#settings.corsAllowedOrigins)) {
      log.warn("csrf_rejected");
      throw new CsrfRejected();
    }
  }

  /** Finds out who is calling, and whether they have called too often. */
  async admit(exchange: Exchange, headers: IncomingHttpHeaders): Promise<void> {
    if (exchange.isProbe) return;
    await this.#identify(exchange, headers);
    const { limiter } = this.#services;
    this.#settle(
      exchange,
      exchange.userId === undefined
        ? await limiter.count("ip", rateLimitKey(exchange.clientIp))
        : await limiter.count("user", exchange.userId),
    );
  }

  async limitSignUps(exchange: Exchange): Promise<void> {
    const key = rateLimitKey(exchange.clientIp);
    this.#settle(exchange, await this.#services.limiter.count("signup", key));
  }

  #settle(exchange: Exchange, decision: Decision): void {
    exchange.decisions.push(decision);
    enforce(decision);
  }

  async #identify(exchange: Exchange, headers: IncomingHttpHeaders): Promise<void> {
    const credential = readCredential(headers, this.#settings);
    if (credential === undefined) return;
    exchange.credentialSent = true;
    try {
      const userId = await this.#services.sessions.authenticate(credential);
      if (userId !== undefined) exchange.userId = userId;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      // What is public stays readable; what needs an identity will answer 503.
      exchange.identityUnknown = true;
    }
  }
}

/** The caller. Raises Unauthenticated, or Unavailable if nobody knows who it is. */
export function callerOf(exchange: Exchange): string {
  if (exchange.userId !== undefined) return exchange.userId;
  throw exchange.identityUnknown ? new Unavailable() : new Unauthenticated();
}
