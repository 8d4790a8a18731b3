import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { AdminServer } from "../src/admin.ts";
import { main } from "../src/healthcheck.ts";

/** A port that nobody listens on any more. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** What the check says of a process whose liveness answers with this status. */
async function checked(status: number, name: string, process?: string): Promise<number> {
  const port = await freePort();
  const server = new AdminServer("127.0.0.1", port, { "/healthz": () => ({ status, body: {} }) });
  await server.open();
  try {
    return await main(process, { [name]: String(port) });
  } finally {
    server.close();
  }
}

describe("the health check of a container", () => {
  test("asks a worker on its admin port", async () => {
    expect(await checked(200, "ADMIN_PORT", "worker")).toBe(0);
  });

  test.for([
    [200, 0],
    [503, 1],
  ] as const)("asks an api on its port: %i is exit code %i", async ([status, code]) => {
    expect(await checked(status, "PORT")).toBe(code);
  });

  test("finds that nobody there is not alive", async () => {
    expect(await main(undefined, { PORT: String(await freePort()) })).toBe(1);
  });
});
