/** What routes are made with; `app.ts` puts it together. */

import type { NextFunction, Request, Response } from "express";
import type { Settings } from "../config/index.ts";
import type { Services } from "../services/index.ts";

/** For any route: beside it a handler still knows which parameters its own path has. */
export type Middleware = <P>(req: Request<P>, res: Response, next: NextFunction) => unknown;

export interface Dependencies {
  readonly settings: Settings;
  readonly services: Services;
  /** Leaves in `req.body` what the body says. */
  readonly json: Middleware;
  readonly signUpsLimited: Middleware;
}
