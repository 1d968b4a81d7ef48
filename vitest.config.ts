import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{core,agent,bot,exporter,local,alerting,test}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    globalSetup: ["./test/servers.ts"],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
    coverage: {
      provider: "v8",
      include: ["{core,agent,bot,exporter,local}/**/*.ts"],
      exclude: ["**/*.test.ts", "**/dist/**"],
      reporter: ["json", "text-summary"],
    },
  },
});
