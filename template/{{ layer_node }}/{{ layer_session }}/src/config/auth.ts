/** Settings of sign-in by a session that is kept on the server. */

import { wholeSeconds } from "./variables.ts";

export const authSettings = (_production: boolean) => ({
  sessionIdleTtl: wholeSeconds().default(86_400),
  sessionAbsoluteTtl: wholeSeconds().default(2_592_000),
});
