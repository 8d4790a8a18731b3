/** What a handler may ask for about the request. */

import { createParamDecorator, type ExecutionContext } from "@nestjs/common";
import { callerOf } from "../../http/guards.ts";
import { exchangeOf } from "./exchange.ts";

/** The caller, where SignedInGuard is in front. */
export const CurrentUserId = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  callerOf(exchangeOf(context)),
);

export const ClientIp = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => exchangeOf(context).clientIp,
);
