/** Variables without a default that this kind of sign-in needs: none. */
export const AUTH_VARIABLES = {};
