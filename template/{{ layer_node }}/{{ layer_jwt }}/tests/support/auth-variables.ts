/** Variables without a default that this kind of sign-in needs. */
export const AUTH_VARIABLES = {
  JWT_SECRET: "3f9a1c7e5b2d8046f1e3a5c7092b4d6e",
  JWT_ISSUER: "https://api.test",
  JWT_AUDIENCE: "api.test",
};
