/** Rows as the rest of the service sees them; their members are spelled as the columns are. */

export interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly password_hash: string | null;
  readonly email_verified_at: Date | null;
  readonly token_version: number;
  readonly created_at: Date;
}

export interface Post {
  readonly id: string;
  readonly author_id: string;
  readonly title: string;
  readonly body: string;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export type JobStatus = "queued" | "running" | "succeeded" | "dead";

/** A job as its owner may see it: no payload, and never the error. */
export interface Job {
  readonly id: string;
  readonly type: string;
  readonly status: JobStatus;
  readonly attempts: number;
  readonly created_at: Date;
  readonly finished_at: Date | null;
  readonly result: unknown;
}
