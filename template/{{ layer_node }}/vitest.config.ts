import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    globalSetup: ["tests/support/database-server.ts"],
    testTimeout: 20_000,
    setupFiles: ["tests/support/quiet.ts"],
    // Failing, not skipped, where somebody left a test unfinished or alone.
    allowOnly: false,
    passWithNoTests: false,
  },
});
