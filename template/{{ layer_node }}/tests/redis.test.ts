/** Redis that is slow, gone or cross, seen from a process that may be busy itself. */

import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { RedisDown, RedisStore } from "../src/redis.ts";
import { expect, test as plain } from "./support/test.ts";

const KEY = "test:redis-store";

const test = plain.extend("store", async ({ makeSettings }, { onCleanup }) => {
  const store = new RedisStore(makeSettings({ REDIS_TIMEOUT_MS: "100" }));
  await store.open();
  onCleanup(async () => {
    await store.run((redis) => redis.del(KEY)).catch(() => {});
    store.close();
  });
  return store;
});

test("an answer that a busy process reads late still counts", async ({ store }) => {
  const command = store.run((redis) => redis.set(KEY, "1", "EX", 10));
  const until = performance.now() + 300; // three times the deadline, in which nothing is read
  while (performance.now() < until);

  expect(await command).toBe("OK");
});

test("a Redis that does not answer costs one deadline", async ({ makeSettings }) => {
  const server = createServer(() => {}).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const store = new RedisStore(
    makeSettings({ REDIS_TIMEOUT_MS: "100", REDIS_URL: `redis://127.0.0.1:${port}/0` }),
  );
  await store.open();
  const startedAt = performance.now();

  for (let time = 0; time < 20; time += 1) {
    await expect(store.run((redis) => redis.get(KEY))).rejects.toThrow(RedisDown);
  }

  expect(performance.now() - startedAt).toBeLessThan(1000);
  store.close();
  server.close();
});

test("a command that is refused does not put the others to rest", async ({ store }) => {
  await store.run((redis) => redis.set(KEY, "text", "EX", 10));
  await expect(store.run((redis) => redis.rpush(KEY, "1"))).rejects.toThrow(RedisDown);

  expect(await store.run((redis) => redis.get(KEY))).toBe("text");
});
