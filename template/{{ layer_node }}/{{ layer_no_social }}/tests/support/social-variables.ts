/** Variables of sign-in through a provider: this service has none. */
export const SOCIAL_VARIABLES = {};
