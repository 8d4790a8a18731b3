import { newUser } from "../support/authorization.ts";
import type { Answer, Browser } from "../support/browser.ts";
import { expect, test } from "../support/test.ts";

type Headers = Readonly<Record<string, string>>;

function publish(browser: Browser, author: Headers, title = "Hello"): Promise<Answer> {
  return browser.post("/v1/posts", { title, body: "World" }, author);
}

test("a post is its author's, and everybody may read it", async ({ browser }) => {
  const [author, other] = [await newUser(browser), await newUser(browser)];
  const created = await publish(browser, author);
  const path = created.headers.get("Location") ?? "";

  expect(created.status).toBe(201);
  expect((await browser.get(path)).body).toEqual(created.body);
  expect((await browser.send("DELETE", path, undefined, other)).status).toBe(403);
  expect((await browser.send("DELETE", path, undefined, author)).status).toBe(204);
  expect((await browser.get(path)).status).toBe(404);
});

test("an etag guards reads and writes against a change", async ({ browser }) => {
  const author = await newUser(browser);
  const created = await publish(browser, author);
  const path = created.headers.get("Location") ?? "";
  const etag = created.headers.get("ETag") ?? "";
  const guarded = { ...author, "If-Match": etag };

  expect((await browser.get(path, { "If-None-Match": etag })).status).toBe(304);
  expect((await browser.send("PATCH", path, { body: "1" }, guarded)).status).toBe(200);
  expect((await browser.send("PATCH", path, { body: "2" }, guarded)).status).toBe(412);
  expect((await browser.get(path, { "If-None-Match": etag })).status).toBe(200);
});

test("a change has to change something", async ({ browser }) => {
  const author = await newUser(browser);
  const path = (await publish(browser, author)).headers.get("Location") ?? "";

  for (const change of [{}, { title: null }, { title: 1 }, { body: "" }]) {
    expect((await browser.send("PATCH", path, change, author)).status).toBe(422);
  }
});

test("lengths are counted in code points", async ({ browser }) => {
  const author = await newUser(browser);

  expect((await publish(browser, author, "😀".repeat(200))).status).toBe(201);
  expect((await publish(browser, author, "😀".repeat(201))).status).toBe(422);
});

test("the feed is walked page by page without gap or repeat", async ({ browser }) => {
  const author = await newUser(browser);
  const posts: Answer["body"][] = [];
  for (let count = 0; count < 5; count += 1) posts.unshift((await publish(browser, author)).body);
  const query = new URLSearchParams({ author_id: String(posts[0]?.["author_id"]), limit: "2" });

  const walked: unknown[] = [];
  for (let cursor: unknown = ""; cursor !== null; ) {
    if (cursor) query.set("cursor", String(cursor));
    const { body } = await browser.get(`/v1/posts?${query}`);
    walked.push(...(body["data"] as unknown[]));
    cursor = body["next_cursor"];
  }

  const ids = (list: unknown[]) => list.map((post) => (post as { id: string }).id).sort();
  expect(walked).toHaveLength(5);
  expect(ids(walked)).toEqual(ids(posts));
});

test("a foreign cursor is refused", async ({ browser }) => {
  const answer = await browser.get("/v1/posts?cursor=eyJpZCI6IjEifQ");

  expect([answer.status, answer.body["code"]]).toEqual([400, "invalid_parameter"]);
});
