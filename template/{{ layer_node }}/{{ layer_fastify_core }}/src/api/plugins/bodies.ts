/** Request bodies: JSON only, and no larger than allowed however they are sent. */

import plugin from "fastify-plugin";
import { parseJson } from "../../http/body.ts";

export const bodies = plugin(async (app) => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>(
    "application/json",
    { parseAs: "buffer" },
    async (_request: unknown, bytes: Buffer) => parseJson(bytes),
  );
});
