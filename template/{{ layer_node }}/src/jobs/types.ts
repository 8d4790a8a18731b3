/** The names of the jobs, for those who enqueue them and for those who run them. */

export const SEND_VERIFICATION_EMAIL = "send_verification_email";
export const SEND_PASSWORD_RESET = "send_password_reset";
export const EXPORT_POSTS = "export_posts";
export const PURGE_EXPIRED = "purge_expired";

export type JobType =
  | typeof SEND_VERIFICATION_EMAIL
  | typeof SEND_PASSWORD_RESET
  | typeof EXPORT_POSTS
  | typeof PURGE_EXPIRED;
