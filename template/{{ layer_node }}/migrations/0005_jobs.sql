-- Background jobs, and when each scheduled one last ran.

CREATE TABLE jobs (
  id           uuid PRIMARY KEY,
  type         text NOT NULL,
  payload      jsonb NOT NULL DEFAULT '{}',
  status       text NOT NULL DEFAULT 'queued'
               CHECK (status IN ('queued', 'running', 'succeeded', 'dead')),
  user_id      uuid REFERENCES users (id) ON DELETE CASCADE,
  dedupe_key   text,
  attempts     integer NOT NULL DEFAULT 0,
  max_attempts integer NOT NULL,
  run_at       timestamptz(3) NOT NULL DEFAULT now(),
  locked_until timestamptz(3),
  locked_by    text,
  last_error   text,
  result       jsonb,
  traceparent  text,
  created_at   timestamptz(3) NOT NULL DEFAULT now(),
  finished_at  timestamptz(3)
);
CREATE INDEX jobs_claim_idx ON jobs (run_at) WHERE status = 'queued';
CREATE INDEX jobs_lease_idx ON jobs (locked_until) WHERE status = 'running';
CREATE INDEX jobs_finished_idx ON jobs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_user_idx ON jobs (user_id);
CREATE UNIQUE INDEX jobs_dedupe_idx ON jobs (dedupe_key) WHERE status IN ('queued', 'running');

CREATE TABLE schedules (
  name      text PRIMARY KEY,
  last_tick timestamptz(3) NOT NULL
);
