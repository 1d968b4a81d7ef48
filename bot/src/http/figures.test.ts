import { Failure } from "@rollcall/core/domain/failure.ts";
import type { ApiKeyFigure, ApiKeyFigures } from "@rollcall/core/figures-contract.ts";
import type { Figures } from "@rollcall/core/ports/figures.ts";
import { describe, expect, test } from "vitest";
import { callers, makeApp, NOW } from "./app-fixture.ts";

const figure: ApiKeyFigure = {
  ...{ value: 1, unit: "events", ageSeconds: 2, reason: null },
  ...{ dayBefore: 2, normal: { least: 0, most: 3 } },
};
const head = {
  ...{ asOf: NOW, ageSeconds: 1, problem: null, rangeSeconds: 3600 },
  coveredSeconds: { exporter: 3600, control: null },
};
const course = { ...head, stepSeconds: 60, from: NOW - 60_000, to: NOW };
const NAMES = [
  ...["events", "handled", "errors", "latencyP50", "latencyP95", "latencyP99", "waiting", "inHand", "deadLetters"],
  ...["working", "expected", "alerts", "commands", "requests", "requestErrors", "requestP95"],
];

function appWith(change: Partial<Figures> = {}) {
  const asked: unknown[] = [];
  const figures: Figures = {
    key: async () => ({
      ...head,
      figures: Object.fromEntries(NAMES.map((name) => [name, figure])) as ApiKeyFigures["figures"],
    }),
    throughput: async (what) => {
      asked.push(what);
      return { ...course, series: [] };
    },
    latency: async () => ({ ...head, events: [], commands: [], requests: [], problems: [] }),
    services: async (what) => {
      asked.push(what);
      return { ...course, services: [] };
    },
    hotSpots: async (what) => {
      asked.push(what);
      return { ...head, busiest: [], slowest: [], failing: [], waiting: [], problems: [] };
    },
    measure: () => Promise.reject(new Error("not asked here")),
    measureCourse: () => Promise.reject(new Error("not asked here")),
    period: () => Promise.reject(new Error("not asked here")),
    alertChart: () => Promise.reject(new Error("not asked here")),
    check: async () => null,
    ...change,
  };
  const { app } = makeApp((deps) => ({ ...deps, ports: { ...deps.ports, figures } }));
  const get = (path: string, headers: Record<string, string> = callers.viewer) =>
    app.inject({ url: `/api/v1/figures/${path}`, headers });
  return { get, asked };
}

const PATHS = ["key", "throughput", "latency", "resources", "hot-spots"];

describe("GET /api/v1/figures", () => {
  test.each(PATHS)("%s is for those who may read, and says in words that no Prometheus is named", async (path) => {
    const { get } = appWith();
    expect((await get(path)).statusCode).toBe(200);
    expect((await get(path, {})).statusCode).toBe(401);
    expect((await get(path, callers.roleless)).statusCode).toBe(403);
    expect((await get(path, callers.actOnly)).statusCode).toBe(403);
    const { app } = makeApp();
    const without = await app.inject({ url: `/api/v1/figures/${path}`, headers: callers.viewer });
    expect(without.statusCode).toBe(503);
    expect(without.json()).toMatchObject({ code: "unavailable", next: expect.stringContaining("PROMETHEUS_URL") });
  });

  test("key gives each number with unit and age", async () => {
    const { figures, coveredSeconds } = (await appWith().get("key")).json();
    expect(figures.events).toEqual(figure);
    expect(coveredSeconds).toEqual({ exporter: 3600, control: null });
  });

  test("takes a sixtieth of the range for a step if none is said", async () => {
    const { get, asked } = appWith();
    await get("throughput");
    await get("throughput?range=24h&step=600&top=3");
    await get("hot-spots?range=5m&top=50");
    expect(asked).toEqual([
      { rangeSeconds: 3600, to: null, stepSeconds: 60, top: 10 },
      { rangeSeconds: 86_400, to: null, stepSeconds: 600, top: 3 },
      { rangeSeconds: 300, to: null, top: 50 },
    ]);
  });

  test("look at any time of up to 31 days: back from now, back from a moment, or between two", async () => {
    const { get, asked } = appWith();
    const HOUR_MS = 3_600_000;
    await get("hot-spots?range=31d");
    await get(`hot-spots?range=36h&to=${NOW - HOUR_MS}`);
    await get(`hot-spots?from=${NOW - 5 * HOUR_MS}&to=${NOW - HOUR_MS}`);
    await get(`throughput?from=${NOW - HOUR_MS + 1}`);
    await get(`hot-spots?to=${NOW + HOUR_MS}`);
    expect(asked).toEqual([
      { rangeSeconds: 31 * 86_400, to: null, top: 10 },
      { rangeSeconds: 36 * 3600, to: NOW - HOUR_MS, top: 10 },
      { rangeSeconds: 4 * 3600, to: NOW - HOUR_MS, top: 10 },
      { rangeSeconds: 3600, to: null, stepSeconds: 60, top: 10 },
      { rangeSeconds: 3600, to: null, top: 10 },
    ]);
  });

  test.each([
    ["throughput?range=32d", "at most 31d"],
    [`throughput?from=${NOW - 32 * 86_400_000}`, "range, with or without to"],
    [`throughput?from=${NOW}`, "from, with or without a later to"],
    [`throughput?from=${NOW - 60_000}&range=1h`, "range, with or without to"],
    ["throughput?from=yesterday", ""],
    ["throughput?to=-1", ""],
    ["throughput?range=1h&step=1", "8 to 3600 seconds"],
    ["throughput?range=5m&step=301", "5 to 300 seconds"],
    ["throughput?step=0x10", ""],
    ["throughput?step=-5", ""],
    ["throughput?top=51", ""],
    ["throughput?top=1e1", ""],
    ['throughput?topic=x"}', "range"],
    ["resources?range=24h&step=5", "173 to 86400 seconds"],
    ["hot-spots?range=1h%22%7D", ""],
    ["key?range=1h", ""],
  ])("%s is refused in words", async (path, allowed) => {
    const { get, asked } = appWith();
    const answer = await get(path);
    expect([answer.statusCode, answer.json().code]).toEqual([400, "invalid_input"]);
    if (allowed !== "") expect(answer.json().allowed).toContain(allowed);
    expect(asked).toEqual([]);
  });

  test("a Prometheus that does not answer is 503, and more questions than it can take are 429", async () => {
    const away = appWith({ key: () => Promise.reject(new Failure("unavailable", "Prometheus does not answer")) });
    expect((await away.get("key")).statusCode).toBe(503);
    const busy = appWith({ key: () => Promise.reject(new Failure("too_many_requests", "too many")) });
    expect((await busy.get("key")).statusCode).toBe(429);
  });

  test("resources show what agents say of themselves, and who says nothing", async () => {
    const { agents, agentsOmitted } = (await appWith().get("resources?limit=2")).json();
    expect(agents).toHaveLength(2);
    expect(agentsOmitted).toBe(1);
    expect(agents[0]).toMatchObject({
      host: "host",
      cpu: { unit: "cores", ageSeconds: expect.any(Number), reason: null },
      memory: { value: 1, unit: "bytes" },
    });
    const all = (await appWith().get("resources")).json().agents;
    expect(all.at(-1)).toMatchObject({ host: null, memory: { value: null, ageSeconds: null, reason: "no heartbeat" } });
  });
});
