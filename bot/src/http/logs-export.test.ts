import { get as httpGet } from "node:http";
import { gunzipSync } from "node:zlib";
import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
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

const DAY_MS = 24 * 60 * MINUTE_MS;
const manyLines = (count: number) =>
  Array.from({ length: count }, (_, place) => lineOf(`line ${place}`, { at: NOW - DAY_MS + (place % 7) }));

describe("GET /api/v1/logs/export", () => {
  test("is text for people, oldest first; a stack trace stays below its line and nothing steers a terminal", async () => {
    const at = NOW - 2 * MINUTE_MS;
    await stage.take(
      lineOf("last"),
      lineOf("cannot pay\r\n  at pay.ts:3\u001b[31m\u0007\u202e!", {
        ...{ at, level: "error", operation: "op-4", fields: { order: "a b" } },
      }),
    );
    const answer = await stage.get("/logs/export");
    expect(answer.headers).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "content-disposition": 'attachment; filename="logs.log"',
    });
    expect(answer.body.split("\n")).toEqual([
      `${new Date(at).toISOString()} ERROR billing cannot pay`,
      '      at pay.ts:3�[31m��! op=op-4 order="a b"',
      `${new Date(NOW - MINUTE_MS).toISOString()} INFO billing last`,
      "",
    ]);
  });

  test("holds each line once however many there are, those of one moment too", async () => {
    await stage.take(...manyLines(2000), ...manyLines(500));
    const { body } = await stage.get("/logs/export?format=jsonl&range=2d");
    const lines = body
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { id: string; at: string });
    expect(new Set(lines.map(({ id }) => id)).size).toBe(2500);
    expect(lines).toHaveLength(2500);
    expect(lines.map(({ at }) => at)).toEqual(lines.map(({ at }) => at).toSorted());
  });

  test("is a table as CSV in which no cell is a formula", async () => {
    await stage.take(lineOf('=cmd|" /c calc"', { fields: { "@a": "+1" } }));
    const { body, headers } = await stage.get("/logs/export?format=csv");
    expect(headers["content-type"]).toBe("text/csv; charset=utf-8; header=present");
    const [head, row] = body.split("\r\n");
    expect(head).toBe("at,source,kind,level,text,trace,run,operation,fields");
    expect(row).toBe(
      `${new Date(NOW - MINUTE_MS).toISOString()},billing,agent,info,"'=cmd|"" /c calc""",,,,"{""@a"":""+1""}"`,
    );
  });

  test("of nothing is an empty file, as CSV the names alone", async () => {
    expect((await stage.get("/logs/export")).body).toBe("");
    expect((await stage.get("/logs/export?format=csv")).body).toBe(
      "at,source,kind,level,text,trace,run,operation,fields\r\n",
    );
  });

  test.each([
    ["gzip", "gzip"],
    ["br, gzip;q=0.5", "gzip"],
    ["gzip;q=0", undefined],
    ["br", undefined],
  ])("to who accepts %s is encoded as %s", async (accepted, encoding) => {
    await stage.take(lineOf("paid"));
    const headers = { ...callers.viewer, "accept-encoding": accepted };
    const answer = await stage.app().app.inject({ url: "/api/v1/logs/export", headers });
    expect([answer.headers["content-encoding"], answer.headers.vary]).toEqual([encoding, "accept-encoding"]);
    const body = encoding === undefined ? answer.rawPayload : gunzipSync(answer.rawPayload);
    expect(body.toString()).toContain("INFO billing paid");
  });

  test("is written down before anything leaves, with what was asked for", async () => {
    await stage.take(lineOf("paid"));
    const { app, seen } = stage.app();
    await app.inject({ url: "/api/v1/logs/export?format=csv&q=paid&who=billing", headers: callers.viewer });
    expect(seen.audit).toMatchObject([
      { event: "export", actor: "viewer", command: "logs", detail: { format: "csv", q: "paid", who: "billing" } },
    ]);
    const unwritten = stage.app((deps) => {
      const audit = { ...deps.ports.audit, append: () => Promise.reject(new Error("full")) };
      return { ...deps, ports: { ...deps.ports, audit } };
    });
    const answer = await unwritten.app.inject({ url: "/api/v1/logs/export", headers: callers.viewer });
    expect([answer.statusCode, answer.body.includes("paid")]).toEqual([500, false]);
  });

  test.each([
    ["pattern=(", 400],
    ["format=xml", 400],
    [`from=${NOW - 32 * DAY_MS}`, 400],
    ["who=nobody-here", 404],
  ])("%s is %i, and nothing is written down", async (query, status) => {
    const { app, seen } = stage.app();
    const answer = await app.inject({ url: `/api/v1/logs/export?${query}`, headers: callers.viewer });
    expect([answer.statusCode, seen.audit]).toEqual([status, []]);
  });

  test("is nothing for who has no role, nor for a token that may not look", async () => {
    for (const who of ["roleless", "actOnly"] as const)
      expect((await stage.get("/logs/export", who)).statusCode).toBe(403);
  });

  test.each(["identity", "gzip"])("reads no further once the client is gone (%s)", async (encoding) => {
    let reads = 0;
    const page = Array.from({ length: 1000 }, (_, place) => ({
      ...lineOf(crypto.randomUUID().repeat(100)),
      ...{ id: place + 1, at: NOW - DAY_MS },
    }));
    const search = async () => {
      reads += 1;
      return page;
    };
    const { app } = stage.app((deps) => ({ ...deps, ports: { ...deps.ports, logs: { ...stage.logs, search } } }));
    const base = await app.listen({ host: "127.0.0.1", port: 0 });
    const headers = { ...callers.viewer, "accept-encoding": encoding };
    await new Promise<void>((resolve, reject) => {
      const asked = httpGet(`${base}/api/v1/logs/export?range=2d`, { headers }, (answer) => {
        answer.once("data", () => {
          asked.destroy();
          resolve();
        });
        answer.on("error", () => undefined);
      });
      asked.on("error", reject);
    });
    let before = -1;
    await vi.waitFor(
      () => {
        const now = reads;
        const isStill = now === before;
        before = now;
        expect(isStill).toBe(true);
      },
      { timeout: 10_000, interval: 300 },
    );
    await app.close();
  });
});
