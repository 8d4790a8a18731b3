/** What a test does not ask for is not worth a line. */

import { log } from "../../src/observability/logging.ts";

log.level = "silent";
