/** An OpenID provider over real HTTP, which signs in whoever the test says. */

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from "jose";
import { SOCIAL_VARIABLES } from "./social-variables.ts";

export type Claims = Readonly<Record<string, unknown>>;

export const KEYS = await generateKeyPair("RS256");

export async function publishedKeys(): Promise<JSONWebKeySet> {
  return { keys: [{ ...(await exportJWK(KEYS.publicKey)), kty: "RSA", kid: "1", use: "sig" }] };
}

/** Signed with the provider's key; a claim of undefined is left out. */
export function idToken(issuer: string, nonce: string, changes: Claims = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({
    iss: issuer,
    aud: SOCIAL_VARIABLES.OAUTH_CLIENT_ID,
    sub: "subject-1",
    iat: now,
    exp: now + 60,
    nonce,
    ...changes,
  })
    .setProtectedHeader({ alg: "RS256", kid: "1" })
    .sign(KEYS.privateKey);
}

export class Provider {
  /** Who signs in. */
  claims: Claims = {};
  /** Every answer is a 500. */
  failing = false;
  readonly tokenRequests: URLSearchParams[] = [];
  issuer = "";
  readonly #nonces = new Map<string, string>();
  readonly #server = createServer(async (request, response) => {
    const body = await this.#answer(request.url ?? "", await text(request));
    response.writeHead(this.failing ? 500 : 200).end(JSON.stringify(body));
  });

  async open(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    this.issuer = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** Somebody agrees at the address they were sent to: what their browser comes back with. */
  consent(location: string): Record<string, string> {
    const query = new URL(location).searchParams;
    const code = randomUUID();
    this.#nonces.set(code, query.get("nonce") ?? "");
    return { code, state: query.get("state") ?? "", iss: this.issuer };
  }

  async #answer(path: string, body: string): Promise<unknown> {
    const { issuer } = this;
    if (path === "/keys") return publishedKeys();
    if (path !== "/token") {
      return {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
      };
    }
    const form = new URLSearchParams(body);
    this.tokenRequests.push(form);
    const nonce = this.#nonces.get(form.get("code") ?? "") ?? "";
    return { id_token: await idToken(issuer, nonce, this.claims) };
  }
}
