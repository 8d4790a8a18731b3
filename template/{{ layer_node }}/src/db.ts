/**
 * PostgreSQL: one pool per process, bounded in connections and in time.
 *
 * `query` is for statements that each stand alone; `transaction` is the one place that commits.
 */

import type { Socket } from "node:net";
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from "kysely";
import { DatabaseError, Pool, type PoolClient, type QueryResult } from "pg";
import type { CoreSettings } from "./config/core.ts";
import { Unavailable } from "./errors.ts";
import type { Tables } from "./tables.ts";

// The server's own statement timeout comes first; this is for a server that hangs altogether.
const GRACE_MS = 500;
// Classes of SQLSTATE that say: not now. Lost connections, full servers, time-outs, shutdowns.
const NOT_NOW = new Set(["08", "40", "53", "55", "57", "58"]);

/** A pool's connection, or the transaction that is under way. */
export type Connection = Kysely<Tables>;

export class Database {
  readonly query: Connection;
  readonly #pool: Pool;

  constructor(settings: CoreSettings, most = settings.dbPoolMax) {
    this.#pool = new Pool({
      connectionString: settings.databaseUrl,
      application_name: settings.serviceName,
      max: most,
      connectionTimeoutMillis: settings.dbPoolTimeout * 1000,
      idleTimeoutMillis: 0,
      statement_timeout: Math.round(settings.dbStatementTimeout * 1000),
      keepAlive: true,
    });
    // A connection that breaks while it is idle is replaced by the pool; nobody was using it.
    this.#pool.on("error", () => {});
    const pool = new BoundedPool(this.#pool, settings.dbStatementTimeout * 1000 + GRACE_MS);
    this.query = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  }

  /** Start connecting in the background: the service starts without its database, too. */
  open(): void {
    this.#pool.connect().then(
      (client) => client.release(),
      () => {},
    );
  }

  async close(): Promise<void> {
    // Not Kysely's `destroy`, which leaves a pool open that it has not used yet.
    const late = new Promise((done) => setTimeout(done, 1000).unref());
    await Promise.race([this.#pool.end(), late]);
  }

  /** Statements that are committed together, or not at all. Raises Unavailable. */
  transaction<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    return this.query.transaction().execute(work);
  }

  /** Raises Unavailable unless the database answers within `ms`. */
  async ping(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Unavailable()), ms);
    });
    try {
      // Not cancelled when it is late: its own deadline ends it.
      const asked = this.#pool.query("SELECT 1");
      asked.catch(() => {});
      await Promise.race([asked, late]);
    } catch (error) {
      throw error instanceof Unavailable ? error : new Unavailable(error);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** What Kysely sees of the pool: prepared statements, each with a deadline. */
class BoundedPool implements PostgresPool {
  readonly #pool: Pool;
  readonly #deadline: number;
  readonly #clients = new WeakMap<PoolClient, BoundedClient>();

  constructor(pool: Pool, deadline: number) {
    this.#pool = pool;
    this.#deadline = deadline;
  }

  get options(): PostgresPool["options"] {
    return this.#pool.options;
  }

  async connect(): Promise<BoundedClient> {
    let client: PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      throw new Unavailable(error);
    }
    // The same object for the same connection: Kysely remembers what it knows of each.
    const known = this.#clients.get(client) ?? new BoundedClient(client, this.#deadline);
    this.#clients.set(client, known);
    return known;
  }

  end(): Promise<void> {
    return this.#pool.end();
  }
}

class BoundedClient implements PostgresPoolClient {
  readonly #client: PoolClient;
  readonly #deadline: number;
  #broken: Error | undefined;

  constructor(client: PoolClient, deadline: number) {
    this.#client = client;
    this.#deadline = deadline;
    client.on("error", (error) => {
      this.#broken = error;
    });
  }

  // Kysely asks for a cursor only when it streams, which nothing here does.
  query = ((text: string, values: readonly unknown[]) =>
    this.#run(text, values)) as unknown as PostgresPoolClient["query"];

  release(): void {
    this.#client.release(this.#broken);
  }

  async #run(text: string, values: readonly unknown[]): Promise<QueryResult> {
    const watchdog = setTimeout(() => this.#sever(), this.#deadline);
    try {
      return await this.#client.query({ name: nameOf(text), text, values: [...values] });
    } catch (error) {
      if (!(error instanceof DatabaseError)) this.#broken = error as Error;
      throw isNotNow(error) ? new Unavailable(error) : error;
    } finally {
      clearTimeout(watchdog);
    }
  }

  /** Cancelling would wait for the server, which is what does not answer. With its socket gone the
   * statement fails at once, and the pool replaces the connection. */
  #sever(): void {
    const { connection } = this.#client as unknown as { connection: { stream: Socket } };
    connection.stream.destroy();
  }
}

const names = new Map<string, string>();

/** Statements are known to the server by a name, so that it plans each once per connection. There
 * are as many as the code has: values never become part of one. */
function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = `s${names.size}`;
    names.set(text, name);
  }
  return name;
}

function isNotNow(error: unknown): boolean {
  // What is no answer of the server is a connection that broke or was never made.
  return !(error instanceof DatabaseError) || NOT_NOW.has((error.code ?? "").slice(0, 2));
}

/** The name of the unique index that a row was refused by, if that is what the error is. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === "23505";
}
