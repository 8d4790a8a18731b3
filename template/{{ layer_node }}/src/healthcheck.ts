/**
 * `healthcheck [worker]`: does the process of this container live? Exit 0 if so.
 *
 * For orchestrators that can only run a command. It asks for liveness, not readiness: a database
 * that is away must not have every container replaced.
 */

import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";

const TIMEOUT_MS = 2000;

export async function alive(port: string): Promise<boolean> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const request = get({ host: "127.0.0.1", port, path: "/healthz", agent: false, signal });
  try {
    const [response] = (await once(request, "response")) as [IncomingMessage];
    response.resume();
    return response.statusCode === 200;
  } catch {
    return false;
  }
}

/** The exit code. A worker has no public port; its probes are on the admin listener. */
export async function main(process: string | undefined, env: NodeJS.ProcessEnv): Promise<number> {
  const port = process === "worker" ? env["ADMIN_PORT"] || "9090" : env["PORT"] || "8080";
  return (await alive(port)) ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main(process.argv[2], process.env);
