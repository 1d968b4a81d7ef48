import { apiGateway } from "@rollcall/core/contract.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { apiLogCounts, apiLogs } from "@rollcall/core/log-contract.ts";
import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { callers } from "./app-fixture.ts";
import { createLogStage, type LogStage, lineOf, MINUTE_MS, NOW } from "./logs-fixture.ts";

let store: TestStore;
let stage: LogStage;
beforeAll(async () => {
  store = await openTestStore();
  stage = createLogStage(store.pool);
});
afterAll(() => store.close());
beforeEach(() => stage.clear());

const look = async (url: string) => {
  const answer = await stage.get(url);
  expect([answer.statusCode, answer.statusCode === 200 ? "" : answer.body]).toEqual([200, ""]);
  return apiLogs.parse(answer.json());
};
const texts = async (url: string) => (await look(url)).lines.map(({ text }) => text);

describe("GET /api/v1/logs", () => {
  test("shows the last half hour, oldest first, with where each place stands and how to go on", async () => {
    await stage.take(
      lineOf("too old", { at: NOW - 31 * MINUTE_MS }),
      lineOf("b"),
      lineOf("a", { at: NOW - 2 * MINUTE_MS }),
    );
    const logs = await look("/logs");
    expect(logs).toMatchObject({ asOf: NOW, older: null, newest: "3", nearest: null });
    expect(logs.lines.map(({ id, text }) => `${id} ${text}`)).toEqual(["3 a", "2 b"]);
    expect(logs.places).toEqual([{ name: "test", readAt: expect.any(Number), problem: null }]);
  });

  test("says when the nearest line was written if there is none", async () => {
    await stage.take(
      lineOf("before", { at: NOW - 50 * MINUTE_MS }),
      lineOf("long before", { at: NOW - 500 * MINUTE_MS }),
    );
    expect(await look("/logs")).toMatchObject({ lines: [], nearest: NOW - 50 * MINUTE_MS });
    expect(await look("/logs?source=nobody")).toMatchObject({ lines: [], nearest: null });
  });

  test("names the alerts that fired for the agent when the line was written", async () => {
    const at = NOW - 90 * MINUTE_MS;
    await stage.take(
      ...[lineOf("fires"), lineOf("fired", { at }), lineOf("between", { at: NOW - 30 * MINUTE_MS })],
      ...[lineOf("another", { source: "invoices" }), lineOf("a service", { kind: "service" })],
    );
    const { lines } = await look("/logs?range=3h");
    expect(Object.fromEntries(lines.map(({ text, incidents }) => [text, incidents]))).toEqual({
      ...{ fired: ["inc-2"], between: [], fires: ["inc-3"], another: [], "a service": [] },
    });
  });

  test("pages back through all lines, each once, and follows behind the newest", async () => {
    await stage.take(...Array.from({ length: 5 }, (_, place) => lineOf(`line ${place}`)));
    const last = await look("/logs?limit=2");
    const before = await look(`/logs?limit=2&before=${last.older}`);
    const first = await look(`/logs?limit=2&before=${before.older}`);
    expect([last, before, first].map(({ lines }) => lines.map(({ text }) => text.at(-1)).join(""))).toEqual([
      "34",
      "12",
      "0",
    ]);
    expect(first.older).toBeNull();
    await stage.take(lineOf("late", { at: NOW - 600 * MINUTE_MS }), lineOf("new"));
    const [one, rest] = [await look(`/logs?after=${last.newest}&limit=1`), await look(`/logs?after=${last.newest}`)];
    expect([one.lines.length, one.newest]).toEqual([1, "6"]);
    expect([rest.lines.map(({ text }) => text), rest.newest]).toEqual([["late", "new"], "7"]);
    expect(await look("/logs?after=7")).toMatchObject({ lines: [], newest: "7" });
  });

  test.each([
    ["who=billing", ["paid"]],
    ["who=@orders", ["invoiced"]],
    ["who=bill*", ["paid"]],
    ["who=owner=orders", ["paid", "invoiced"]],
    ["source=control-service", ["served"]],
    ["who=billing&source=control-service,exporter", ["paid", "served"]],
    ["level=warn", ["invoiced"]],
    ["q=PAID", ["paid"]],
    ["q=%22id%22", ["paid"]],
    ["q=paid%20invoiced", []],
    ["pattern=^in", ["invoiced"]],
    ["trace=t1", ["invoiced"]],
    ["run=r1", ["invoiced"]],
    ["operation=op-481", ["invoiced"]],
    ["field=url:http://x/", ["invoiced"]],
    [`from=${NOW - 3 * MINUTE_MS}&to=${NOW - MINUTE_MS}`, ["served"]],
    ["range=5m&level=fatal", []],
  ])("by %s", async (query, expected) => {
    await stage.take(
      lineOf("paid"),
      lineOf("invoiced", {
        ...{ source: "invoices", level: "error", trace: "t1", run: "r1", operation: "op-481" },
        fields: { url: "http://x/" },
      }),
      lineOf("served", { source: "control-service", kind: "service", at: NOW - 2 * MINUTE_MS }),
    );
    expect((await texts(`/logs?${query}`)).toSorted()).toEqual(expected.toSorted());
  });

  test.each([
    ["who=billign", 404, "billing"],
    ["who=@nobody", 404, "group"],
    ["level=bad", 400, "level"],
    ["limit=0", 400, "1 to 1000"],
    ["limit=1001", 400, "1 to 1000"],
    ["range=32d", 400, "31d"],
    ["range=1h&from=1", 400, "two beginnings"],
    ["from=5&to=5", 400, "ends before it begins"],
    ["before=7", 400, "older"],
    ["after=x", 400, "newest"],
    ["after=1&before=1-1", 400, "before"],
    ["pattern=(", 400, "parentheses"],
    ["field=order", 400, "name:value"],
    ["operation=481", 400, "op-"],
    ["q=%22open", 400, "quote"],
    ["weather=1", 400, "weather"],
  ])("%s is %i and says what is allowed", async (query, status, word) => {
    const answer = await stage.get(`/logs?${query}`);
    expect([answer.statusCode, answer.body.includes(word)]).toEqual([status, true]);
  });

  test("is nothing for who has no role, nor for a token that may not look; the refusal is written down", async () => {
    for (const path of ["/logs", "/logs/search?q=x", "/logs/counts", "/agents/billing/logs"])
      for (const who of ["roleless", "actOnly"] as const) {
        const { app, seen } = stage.app();
        const answer = await app.inject({ url: `/api/v1${path}`, headers: callers[who] });
        expect([path, answer.statusCode, seen.audit.map(({ decision }) => decision)]).toEqual([path, 403, ["refused"]]);
      }
  });

  test("says so while PostgreSQL is away, or is not there at all", async () => {
    const away = () => Promise.reject(new Failure("unavailable", "PostgreSQL does not answer"));
    const broken = { ...stage.logs, newest: away, search: away };
    for (const logs of [broken, undefined]) {
      const { app } = stage.app((deps) => ({ ...deps, ports: { ...deps.ports, logs: logs as never } }));
      const answer = await app.inject({ url: "/api/v1/logs", headers: callers.viewer });
      expect([answer.statusCode, answer.json().message]).toEqual([503, expect.stringContaining("PostgreSQL")]);
    }
  });

  test("leaves no line of its own, or who follows lines would follow their own looks for ever; a refusal does", async () => {
    const { app, seen } = stage.app();
    const status = async (url: string) =>
      (await app.inject({ url: `/api/v1${url}`, headers: callers.viewer })).statusCode;
    const answered = () => seen.logs.filter((line) => line.includes("request answered"));
    for (const url of ["/logs", "/logs?after=0", "/logs/counts", "/logs/search?q=a", "/agents/billing/logs"])
      expect(await status(url), url).toBe(200);
    expect(answered()).toEqual([]);
    expect(await status("/logs?level=odd")).toBe(400);
    expect(answered()).toHaveLength(1);
  });

  test("stands in the gateway", async () => {
    const { links } = apiGateway.parse((await stage.get("/")).json());
    for (const link of [links.logs, links.logCounts])
      expect((await stage.get(String(link).replace("/api/v1", ""))).statusCode).toBe(200);
  });
});

describe("GET /api/v1/logs/search", () => {
  test("finds lines by words, which it needs", async () => {
    await stage.take(lineOf("paid"), lineOf("other"));
    expect(await texts("/logs/search?q=paid")).toEqual(["paid"]);
    expect((await stage.get("/logs/search")).statusCode).toBe(400);
    expect((await stage.get("/logs/search?q=")).statusCode).toBe(400);
  });
});

describe("GET /api/v1/agents/:id/logs", () => {
  test("shows the last lines of the agent, whatever their age", async () => {
    const at = NOW - 9_000 * MINUTE_MS;
    await stage.take(
      lineOf("old", { at }),
      lineOf("other", { source: "invoices" }),
      lineOf("bad", { at, level: "error" }),
    );
    expect(await texts("/agents/billing/logs")).toEqual(["old", "bad"]);
    expect(await texts("/agents/billing/logs?level=error&q=bad&limit=1")).toEqual(["bad"]);
  });

  test("does not know an agent that is not expected", async () => {
    expect((await stage.get("/agents/billig/logs")).json()).toMatchObject({
      code: "unknown_agent",
      allowed: ["billing"],
    });
  });
});

describe("GET /api/v1/logs/counts", () => {
  test("counts each level in stretches that begin at whole steps, the empty ones too", async () => {
    await stage.take(lineOf("a"), lineOf("b", { level: "error" }), lineOf("c", { source: "invoices" }));
    const counts = apiLogCounts.parse((await stage.get("/logs/counts?who=billing&range=5m&step=60")).json());
    const minute = Math.floor((NOW - MINUTE_MS) / MINUTE_MS) * MINUTE_MS;
    expect(counts).toMatchObject({ asOf: NOW, stepSeconds: 60 });
    expect(counts.buckets.filter(({ counts: lines }) => Object.keys(lines).length > 0)).toEqual([
      { from: minute, counts: { info: 1, error: 1 } },
    ]);
    expect([5, 6]).toContain(counts.buckets.length);
  });

  test("gives at most 500 stretches, and refuses a step that would give more", async () => {
    for (const range of ["1m", "30m", "31d"]) {
      const { buckets } = apiLogCounts.parse((await stage.get(`/logs/counts?range=${range}`)).json());
      expect(buckets.length).toBeLessThanOrEqual(500);
    }
    const answer = await stage.get("/logs/counts?range=1d&step=60");
    expect([answer.statusCode, answer.json().allowed]).toEqual([400, ["174 seconds or more"]]);
  });

  test.each([`from=1&to=${NOW}`, "before=1-1"])("%s is 400", async (query) => {
    expect((await stage.get(`/logs/counts?${query}`)).statusCode).toBe(400);
  });
});
