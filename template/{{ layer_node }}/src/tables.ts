/** The database's tables, as queries see them. A feature's repository adds its own. */

import type { ColumnType, Generated } from "kysely";
import type { JobStatus } from "./models.ts";

/** A moment that the database sets unless it is given. */
type Moment = ColumnType<Date, Date | undefined, Date>;

export interface Tables {
  users: {
    id: string;
    email: string;
    name: string;
    password_hash: string | null;
    email_verified_at: Date | null;
    token_version: Generated<number>;
    created_at: Moment;
    updated_at: Moment;
  };
  posts: {
    id: string;
    author_id: string;
    title: string;
    body: string;
    version: Generated<number>;
    created_at: Moment;
    updated_at: Moment;
  };
  email_tokens: {
    token_hash: Buffer;
    user_id: string;
    purpose: "verify_email" | "reset_password";
    expires_at: Date;
  };
  jobs: {
    id: string;
    type: string;
    payload: ColumnType<unknown, string | undefined, string>;
    status: Generated<JobStatus>;
    user_id: string | null;
    dedupe_key: string | null;
    attempts: Generated<number>;
    max_attempts: number;
    run_at: Moment;
    locked_until: Date | null;
    locked_by: string | null;
    last_error: string | null;
    result: ColumnType<unknown, string | null | undefined, string | null>;
    traceparent: string | null;
    created_at: Moment;
    finished_at: Date | null;
  };
  schedules: {
    name: string;
    last_tick: Date;
  };
}
