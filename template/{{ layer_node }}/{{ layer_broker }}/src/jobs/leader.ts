/** One worker among all that does what must not be done by each. */

import { Client, type QueryResultRow } from "pg";
import type { Settings } from "../config/index.ts";
import { Unavailable } from "../errors.ts";

// Any number will do as long as nothing else in this database locks it.
const LOCK = "7032701845961";
// A leader that is frozen would keep its lock: the server then ends its silent session.
const IDLE_MS = 10_000;
const CONNECT_MS = 3000;
const GRACE_MS = 1000;

/** Holds an advisory lock on a connection of its own: whoever loses that has lost office. */
export class Leader {
  readonly #settings: Settings;
  #client: Client | undefined;
  #elected = false;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** The rows, or undefined while another worker leads. Raises Unavailable, and then resigns. */
  async query<Row extends QueryResultRow>(
    statement: string,
    values: unknown[],
  ): Promise<Row[] | undefined> {
    try {
      const client = await this.#connect();
      if (!this.#elected) {
        const query = "SELECT pg_try_advisory_lock($1) AS locked";
        const { rows } = await client.query<{ locked: boolean }>(query, [LOCK]);
        this.#elected = rows[0]?.locked ?? false;
      }
      return this.#elected ? (await client.query<Row>(statement, values)).rows : undefined;
    } catch (error) {
      this.resign();
      throw new Unavailable(error);
    }
  }

  resign(): void {
    const client = this.#client;
    this.#client = undefined;
    this.#elected = false;
    client?.end().catch(() => {});
  }

  async #connect(): Promise<Client> {
    if (this.#client) return this.#client;
    const timeout = Math.round(this.#settings.dbStatementTimeout * 1000);
    const client = new Client({
      connectionString: this.#settings.databaseUrl,
      application_name: this.#settings.serviceName,
      connectionTimeoutMillis: CONNECT_MS,
      statement_timeout: timeout,
      // For a server that hangs altogether and keeps no promise of its own.
      query_timeout: timeout + GRACE_MS,
      options: `-c idle_session_timeout=${IDLE_MS}`,
    });
    client.on("error", () => {
      if (this.#client === client) this.resign();
    });
    await client.connect();
    this.#client = client;
    return client;
  }
}
