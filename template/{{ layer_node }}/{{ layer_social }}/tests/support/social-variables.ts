/** Variables without a default that sign-in through a provider needs. */
export const SOCIAL_VARIABLES = {
  OAUTH_PROVIDER: "acme",
  OAUTH_ISSUER: "https://id.acme.test",
  OAUTH_CLIENT_ID: "client-1",
  OAUTH_CLIENT_SECRET: "9d1f0b7a42c6e385",
  OAUTH_REDIRECT_URI: "https://api.test/v1/auth/oauth/acme/callback",
  OAUTH_SUCCESS_URL: "https://app.test/welcome",
  OAUTH_FAILURE_URL: "https://app.test/sign-in",
};
