import { appendFileSync, mkdtempSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { followLogFiles } from "@rollcall/core/adapters/log-files/log-files.ts";
import { createLogStore } from "@rollcall/core/adapters/postgres/log-store.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import type { LogSource } from "@rollcall/core/ports/log-source.ts";
import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createLog } from "../log.ts";
import { createMetrics, type Metrics } from "../metrics/metrics.ts";
import { logLoops } from "./logs.ts";
import type { LoopOptions } from "./loop.ts";

let store: TestStore;
let folder: string;
let metrics: Metrics;
/** Rounds by the names of their loops. */
let loops: Map<string, LoopOptions>;
let isAway = true;
let isLeader = true;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "rollcall-collecting-"));
  metrics = createMetrics({ version: "1" });
  loops = new Map();
  [isAway, isLeader] = [true, true];
  await store.pool.query("truncate log_lines, log_cursors");
  const log = createLog("info", { write: (line: string) => appendFileSync(ownLog(), line) }).child({ part: "logs" });
  const supervisor: LogSource = {
    name: "supervisor",
    read: async (cursor) => {
      if (isAway) throw new Failure("unavailable", "the supervisor does not answer");
      return { lines: [], cursor: cursor ?? "0", hasMore: false, lostBytes: 7 };
    },
  };
  const host = followLogFiles({ name: "services on test", kind: "service", folder, onProblem: () => undefined });
  logLoops(
    {
      config: { ROLLCALL_LOG_DAYS: 7, ROLLCALL_LOG_LINES_PER_SECOND: 5 },
      sources: { fleet: [supervisor], runtimes: [], host: [host] },
      ...{ store: createLogStore(store.pool), clock: { now: Date.now }, metrics: metrics.logs, log },
      whenLeading: () => isLeader,
    },
    (options) => {
      loops.set(options.name, options);
      return { stop: async () => undefined };
    },
  );
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ownLog = () => join(folder, "control-service.log");
const linesOfOwnLog = () => readFileSync(ownLog(), "utf8").trim().split("\n");
const settle = () => utimesSync(ownLog(), Date.now() / 1000 - 10, Date.now() / 1000 - 10);
const run = async (...names: string[]) => {
  for (const name of names) await loops.get(name)?.run();
};
const kept = async (): Promise<string[]> => {
  const { rows } = await store.pool.query("select source, text from log_lines order by id");
  return rows.map(({ source, text }) => `${source}: ${text}`);
};
const metric = (name: string) => metrics.registry.getSingleMetricAsString(name);

test("collecting its own log, a service writes one line when a place is away and one when it is back, however long", async () => {
  for (let round = 0; round < 20; round += 1) {
    await run("logs-supervisor");
    settle();
    await run("logs-services");
  }
  isAway = false;
  for (let round = 0; round < 20; round += 1) {
    await run("logs-supervisor");
    settle();
    await run("logs-services");
  }
  expect(linesOfOwnLog()).toHaveLength(2);
  expect(await kept()).toEqual(["control-service: logs cannot be read", "control-service: logs are read again"]);
});

test("what was taken in, left out and lost is counted, and when each place was read; 0 where it never was", async () => {
  appendFileSync(
    ownLog(),
    Array.from({ length: 60 }, (_, index) => `{"level":50,"time":${Date.now()},"msg":"${index}"}\n`).join(""),
  );
  settle();
  await run("logs-services", "logs-supervisor");
  expect(await metric("rollcall_log_lines_total")).toContain('{level="error"} 50');
  expect(await metric("rollcall_log_lines_left_out_total")).toContain("_total 10");
  expect(await metric("rollcall_log_read_timestamp_seconds")).toContain('{place="supervisor"} 0');
  isAway = false;
  await run("logs-supervisor");
  expect(await metric("rollcall_log_read_timestamp_seconds")).toMatch(/\{place="supervisor"\} \d{10}/);
  expect(await metric("rollcall_log_lost_bytes_total")).toContain("_total 7");
});

test("only the leader reads the agents' places and lets go of old days; a host's services are read by each", async () => {
  isLeader = false;
  const wanted = [...loops].map(([name, { when }]) => [name, when?.() ?? true]);
  expect(wanted).toEqual([
    ["logs-supervisor", false],
    ["logs-services", true],
    ["logs-kept", false],
  ]);
});

test("lines older than the days that are kept are let go of each hour", async () => {
  const old = new Date(Date.now() - 9 * 86_400_000);
  await store.pool.query(
    "insert into log_lines (source, is_agent, at, level, text) values ('billing', true, $1, 2, 'old')",
    [old],
  );
  await run("logs-kept");
  expect([await kept(), loops.get("logs-kept")?.everyMs]).toEqual([[], 3_600_000]);
});
