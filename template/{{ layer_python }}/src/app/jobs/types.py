"""The names of the jobs, for those who enqueue them and for those who run them."""

SEND_VERIFICATION_EMAIL = "send_verification_email"
SEND_PASSWORD_RESET = "send_password_reset"  # noqa: S105
EXPORT_POSTS = "export_posts"
PURGE_EXPIRED = "purge_expired"
