/** The OpenID provider, over HTTP: bounded in time, and never trusted for more than its keys. */

import type { JSONWebKeySet } from "jose";
import { z } from "zod";
import type { SocialSettings } from "./config/social.ts";
import { type Identity, IdTokenInvalid, readIdToken, type Transaction } from "./security/openid.ts";

const TIMEOUT_MS = 2500;

const metadata = z.object({
  issuer: z.string(),
  authorization_endpoint: z.string(),
  token_endpoint: z.string(),
  jwks_uri: z.string(),
});
const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });
const tokenAnswer = z.object({ id_token: z.string() });

type Metadata = z.output<typeof metadata>;

/** The provider is down, silent, or does not speak OpenID Connect. */
export class ProviderUnavailable extends Error {}

export class Provider {
  readonly #settings: SocialSettings;
  #metadata: Metadata | undefined;
  #keys: JSONWebKeySet | undefined;

  constructor(settings: SocialSettings) {
    this.#settings = settings;
  }

  /** Raises ProviderUnavailable. */
  async authorizationEndpoint(): Promise<string> {
    return (await this.#discover()).authorization_endpoint;
  }

  /** Exchange the code for an identity. Raises ProviderUnavailable or IdTokenInvalid. */
  async redeem(code: string, transaction: Transaction): Promise<Identity> {
    const { token_endpoint, jwks_uri } = await this.#discover();
    const { oauthClientId, oauthClientSecret, oauthRedirectUri } = this.#settings;
    const pair = [oauthClientId, oauthClientSecret].map(encodeURIComponent).join(":");
    const answer = await ask(token_endpoint, {
      method: "POST",
      headers: { Authorization: `Basic ${Buffer.from(pair).toString("base64")}` },
      body: new URLSearchParams({
        grant_type: "authorization_code",
        code,
        redirect_uri: oauthRedirectUri,
        code_verifier: transaction.verifier,
      }),
    });
    const { data } = tokenAnswer.safeParse(answer);
    if (data === undefined) throw new IdTokenInvalid();
    return this.#read(data.id_token, jwks_uri, transaction.nonce);
  }

  async #read(idToken: string, jwksUri: string, nonce: string): Promise<Identity> {
    if (this.#keys !== undefined) {
      try {
        return await readIdToken(idToken, this.#keys, this.#settings, nonce);
      } catch (error) {
        // Perhaps signed with a key that is newer than what we know.
        if (!(error instanceof IdTokenInvalid)) throw error;
      }
    }
    this.#keys = understood(keySet, await ask(jwksUri));
    return readIdToken(idToken, this.#keys, this.#settings, nonce);
  }

  async #discover(): Promise<Metadata> {
    const { oauthIssuer } = this.#settings;
    const url = `${oauthIssuer.replace(/\/+$/, "")}/.well-known/openid-configuration`;
    const found = this.#metadata ?? understood(metadata, await ask(url));
    if (found.issuer !== oauthIssuer) throw new ProviderUnavailable();
    this.#metadata = found;
    return found;
  }
}

function understood<S extends z.ZodType>(schema: S, answer: unknown): z.output<S> {
  const parsed = schema.safeParse(answer);
  if (!parsed.success) throw new ProviderUnavailable();
  return parsed.data;
}

async function ask(url: string, request: RequestInit = {}): Promise<unknown> {
  let response: Response;
  let body: unknown;
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    response = await fetch(url, { ...request, redirect: "manual", signal });
    body = await response.json().catch((error: unknown) => {
      if (signal.aborted) throw error;
    });
  } catch (error) {
    throw new ProviderUnavailable("", { cause: error });
  }
  // It does answer, but does not accept the code.
  if (response.status >= 400 && response.status < 500) throw new IdTokenInvalid();
  if (!response.ok) throw new ProviderUnavailable();
  return body;
}
