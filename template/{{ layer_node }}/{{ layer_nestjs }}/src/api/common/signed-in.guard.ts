/** For routes that need to know who is calling; the server has found it out already. */

import { type CanActivate, type ExecutionContext, Injectable } from "@nestjs/common";
import { callerOf } from "../../http/guards.ts";
import { exchangeOf } from "./exchange.ts";

@Injectable()
export class SignedInGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    callerOf(exchangeOf(context));
    return true;
  }
}
