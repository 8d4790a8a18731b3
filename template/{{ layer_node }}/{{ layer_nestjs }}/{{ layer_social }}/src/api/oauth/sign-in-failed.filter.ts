/** A sign-in that fails leads a browser back to a page, which is told why. */

import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpStatus,
  Inject,
  Injectable,
} from "@nestjs/common";
import type { FastifyReply } from "fastify";
import type { Settings } from "../../config/index.ts";
import { failureUrl } from "../../http/social.ts";
import { SignInFailed } from "../../services/social.ts";
import { SETTINGS } from "../core/tokens.ts";

@Catch(SignInFailed)
@Injectable()
export class SignInFailedFilter implements ExceptionFilter<SignInFailed> {
  constructor(@Inject(SETTINGS) private readonly settings: Settings) {}

  catch(failure: SignInFailed, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    reply.redirect(failureUrl(failure, this.settings), HttpStatus.SEE_OTHER);
  }
}
