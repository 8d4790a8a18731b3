/** Nest's own words, as lines of the one log. */

import type { LoggerService } from "@nestjs/common";
import { described, log } from "../../observability/logging.ts";

export class NestLogger implements LoggerService {
  /** Every module and every route at each start: nobody's news in production. */
  log(message: unknown): void {
    log.debug({ detail: String(message) }, "nest");
  }

  warn(message: unknown): void {
    log.warn({ detail: String(message) }, "nest");
  }

  error(message: unknown): void {
    log.error(described(message), "nest");
  }
}
