import { SignJWT, UnsecuredJWT } from "jose";
import type { Settings } from "../../src/config/index.ts";
import { challengeOf, IdTokenInvalid, readIdToken } from "../../src/security/openid.ts";
import { type Claims, idToken, KEYS, publishedKeys } from "../support/provider.ts";
import { expect, test } from "../support/test.ts";

const NONCE = "a nonce";

async function read(settings: Settings, token: string) {
  return readIdToken(token, await publishedKeys(), settings, NONCE);
}

test("the challenge is the verifier's digest", () => {
  // The example of RFC 7636, appendix B.
  const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
  expect(challengeOf({ state: "", nonce: "", verifier })).toBe(challenge);
});

test("a good token tells who it is", async ({ settings }) => {
  const claims = { email: "ada@acme.test", email_verified: true };
  const token = await idToken(settings.oauthIssuer, NONCE, claims);

  expect(await read(settings, token)).toEqual({
    subject: "subject-1",
    email: "ada@acme.test",
    emailVerified: true,
    name: undefined,
  });
});

const WRONG: Claims[] = [
  { iss: "https://evil.test" },
  { aud: "another client" },
  { aud: ["client-1", "another client"] },
  { nonce: "another nonce" },
  { nonce: undefined },
  { exp: 1_700_000_000 },
  { exp: undefined },
  { sub: undefined },
  { sub: "" },
];

test("wrong claims are refused", async ({ settings }) => {
  for (const changes of WRONG) {
    const token = await idToken(settings.oauthIssuer, NONCE, changes);
    await expect(read(settings, token), JSON.stringify(changes)).rejects.toThrow(IdTokenInvalid);
  }
});

test("a signature anybody can make is refused", async ({ settings }) => {
  const good = await idToken(settings.oauthIssuer, NONCE);
  const claims = JSON.parse(Buffer.from(good.split(".")[1] ?? "", "base64url").toString());
  const publicKey = Buffer.from(JSON.stringify(await publishedKeys()));
  const forged = [
    new UnsecuredJWT(claims).encode(),
    await new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "1" }).sign(publicKey),
    await new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "2" }).sign(KEYS.privateKey),
    `${good.slice(0, -4)}AAAA`,
    "no token",
  ];

  for (const token of forged) {
    await expect(read(settings, token)).rejects.toThrow(IdTokenInvalid);
  }
});
