import { join } from "node:path";
import { defineConfig } from "vitest/config";

const dataDir = process.env.ROLLCALL_DATA_DIR ?? join(import.meta.dirname, ".rollcall");
// What core does without its adapters and secrets leaves no process and no global behind.
const outside = "core/src/{adapters,secrets}/**";

// They wait nearly all of their time, for leases, scrapes and answers that never come, and leave the cores to others.
const waiting = [
  "alerting/fast-detection.test.ts",
  "bot/src/http/live-ticket.test.ts",
  "bot/src/slack/{publisher,request-publisher,sockets}.test.ts",
  "core/src/adapters/google/workspace.test.ts",
  "core/src/adapters/postgres/{pool,worker}.test.ts",
  "exporter/src/remote-write.test.ts",
  "test/drills/detect.test.ts",
];

const shared = {
  exclude: ["**/node_modules/**", "**/dist/**"],
  pool: "forks" as const,
  hookTimeout: 60_000,
  // The default of 1 s is too short for a browser on a busy machine; a condition that holds is seen at once all the same.
  expect: { poll: { timeout: 30_000 } },
};

const onServers = {
  ...shared,
  globalSetup: ["./test/servers.ts"],
  // Tests start our programs some hundred times; what Node has compiled of them is kept, as in a stack.
  env: { NODE_COMPILE_CACHE: join(dataDir, "cache") },
  testTimeout: 60_000,
  maxWorkers: 2,
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...onServers,
          name: "core",
          include: ["core/src/**/*.test.ts"],
          exclude: [...shared.exclude, outside],
          // Starting a worker for each of these small files would take longer than running it.
          isolate: false,
        },
      },
      {
        test: {
          ...onServers,
          name: "unit",
          include: [
            "{agent,bot,exporter,local,alerting,dashboards,test,grafana-plugin/build}/**/*.test.ts",
            `${outside}/*.test.ts`,
          ],
          exclude: [...shared.exclude, "test/end-to-end/**", ...waiting],
        },
      },
      { test: { ...onServers, name: "waiting", include: waiting, maxWorkers: 1 } },
      {
        test: {
          ...shared,
          name: "plugin",
          include: ["grafana-plugin/src/**/*.test.{ts,tsx}"],
          environment: "jsdom",
          setupFiles: ["./grafana-plugin/src/jsdom-gaps-fixture.ts"],
          // Their bundles import style sheets, and modules that only a bundler finds.
          server: { deps: { inline: [/@grafana\//, /uplot/] } },
          testTimeout: 60_000,
        },
      },
      {
        test: {
          ...shared,
          name: "end-to-end",
          // Others of them break what runs; a Grafana that somebody names, and the stack before it, is not theirs.
          include:
            process.env.GRAFANA_E2E_URL === undefined
              ? ["test/end-to-end/**/*.test.ts"]
              : ["test/end-to-end/grafana*.test.ts"],
          globalSetup: ["./test/end-to-end/shared-stack.ts"],
          testTimeout: 300_000,
          // One stack of 31 processes serves all files, one after another.
          maxWorkers: 1,
          fileParallelism: false,
        },
      },
    ],
    coverage: {
      provider: "v8",
      // A red test does not hide what is not covered.
      reportOnFailure: true,
      include: ["{core,agent,bot,exporter,local}/**/*.ts"],
      exclude: ["**/*.test.ts", "**/dist/**", "local/grafana/host/**"],
      reporter: ["json"],
    },
  },
});
