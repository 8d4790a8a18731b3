/** Tables whose rows are worthless once `expires_at` has passed. */
export const EXPIRING_TABLES = ["email_tokens", "refresh_tokens"] as const;
