import { HANDLERS } from "../../src/jobs/handlers.ts";
import * as types from "../../src/jobs/types.ts";
import { hashToken } from "../../src/security/opaque.ts";
import { linkIn, tokenIn } from "../support/mailbox.ts";
import { expect, test } from "../support/test.ts";

test("the verification mail carries a token of which only the hash is kept", async ({
  addJob,
  mailbox,
  settings,
  sql,
  startWorker,
  userId,
}) => {
  const jobId = await addJob({ type: types.SEND_VERIFICATION_EMAIL, userId });
  startWorker(settings, HANDLERS);
  await mailbox.waitFor(1);

  const [message = ""] = mailbox.messages;
  expect(mailbox.recipients).toEqual([`${userId}@app.test`]);
  expect(message).toContain(`Message-ID: <job-${jobId}@app.test>`);
  expect(linkIn(message)).toMatch(/^https:\/\/app\.test\/verify-email\?token=[\w-]{43}$/);
  const { rows } = await sql.query("SELECT token_hash, purpose FROM email_tokens");
  expect(rows).toEqual([{ token_hash: hashToken(tokenIn(message)), purpose: "verify_email" }]);
});

test("a reset for nobody is sent nowhere", async ({
  addJob,
  mailbox,
  settings,
  startWorker,
  waitFor,
}) => {
  const jobId = await addJob({ type: types.SEND_PASSWORD_RESET });
  startWorker(settings, HANDLERS);

  await waitFor(jobId, "succeeded");
  expect(mailbox.messages).toEqual([]);
});

test("a mail that is refused is sent later", async ({
  addJob,
  mailbox,
  settings,
  startWorker,
  userId,
  waitFor,
}) => {
  mailbox.refuses = true;
  const jobId = await addJob({ type: types.SEND_PASSWORD_RESET, userId, maxAttempts: 100 });
  startWorker(settings, HANDLERS);
  await waitFor(jobId, "running");
  await waitFor(jobId, "queued");
  mailbox.refuses = false;

  const row = await waitFor(jobId, "succeeded");
  expect(row.attempts).toBeGreaterThan(1);
  expect(mailbox.messages).toHaveLength(1);
});

test("an export counts the owner's posts", async ({
  addJob,
  settings,
  sql,
  startWorker,
  userId,
  waitFor,
}) => {
  await sql.query(
    `INSERT INTO posts (id, author_id, title, body)
     SELECT gen_random_uuid(), $1, 'title', 'body' FROM generate_series(1, 3)`,
    [userId],
  );
  const jobId = await addJob({ type: types.EXPORT_POSTS, userId });
  startWorker(settings, HANDLERS);

  expect((await waitFor(jobId, "succeeded")).result).toEqual({ post_count: 3 });
});
