/** Whatever goes wrong ends here. */

import plugin from "fastify-plugin";
import { fail, refusalOf } from "../failures.ts";

export const errors = plugin(async (app) => {
  app.setErrorHandler(fail);
  app.setNotFoundHandler((request, reply) => fail(refusalOf(request), request, reply));
});
