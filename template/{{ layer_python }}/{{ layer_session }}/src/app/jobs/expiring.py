"""Tables whose rows are worthless once `expires_at` has passed."""

EXPIRING_TABLES = ("email_tokens",)
