import type { Change } from "@rollcall/core/domain/change.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import type { Changes, ToldChange } from "@rollcall/core/ports/changes.ts";
import { describe, expect, test } from "vitest";
import { callers, makeApp, NOW } from "./app-fixture.ts";

const CHANGE: Change = {
  ...{ id: "ch-1", at: NOW - 60_000, kind: "version", agents: ["billing"], agentCount: 1 },
  ...{ what: "4.7.1 → 4.7.2", version: "4.7.2", by: "CI", link: null },
};

function appWith(list: Changes["list"] = async () => [CHANGE]) {
  const told: ToldChange[] = [];
  const asked: Parameters<Changes["list"]>[0][] = [];
  const changes: Pick<Changes, "list" | "tell"> = {
    list: (filter) => {
      asked.push(filter);
      return list(filter);
    },
    tell: async (change) => {
      told.push(change);
      return { ...CHANGE, kind: "deployment", ...change, agentCount: change.agents.length };
    },
  };
  const it = makeApp((deps) => ({ ...deps, ports: { ...deps.ports, changes: changes as Changes } }));
  return { ...it, told, asked };
}
type App = ReturnType<typeof appWith>;
const read = (it: App, query = "", who: keyof typeof callers = "viewer") =>
  it.app.inject({ url: `/api/v1/changes${query}`, headers: callers[who] });
const tell = (it: App, payload: unknown, { who = "operator" as keyof typeof callers, key = "deploy-7-of-ci" } = {}) =>
  it.app.inject({
    ...{ method: "POST", url: "/api/v1/changes", payload: payload as object },
    headers: { ...callers[who], ...(key !== "" && { "idempotency-key": key }) },
  });

describe("GET /api/v1/changes", () => {
  test("is what changed in the last half hour, with the sentence that Slack says", async () => {
    const it = appWith();
    const answer = (await read(it)).json();
    expect(answer).toMatchObject({ asOf: NOW, from: NOW - 30 * 60_000 });
    expect(answer.changes).toEqual([{ ...CHANGE, words: "billing 4.7.1 → 4.7.2, by CI" }]);
  });

  test("looks at one agent and at any time", async () => {
    const it = appWith();
    expect((await read(it, "?agent=billing&range=7d")).statusCode).toBe(200);
    expect(it.asked).toMatchObject([{ from: NOW - 7 * 86_400_000, agents: ["billing"] }]);
    expect((await read(it, "?agent=nobody")).json()).toMatchObject({ code: "unknown_agent" });
    expect((await read(it, "?range=99d")).statusCode).toBe(400);
  });

  test("says that PostgreSQL is away, and is for nobody without a role", async () => {
    const away = appWith(() => Promise.reject(new Failure("unavailable", "PostgreSQL does not answer")));
    expect((await read(away)).statusCode).toBe(503);
    expect((await away.app.inject({ url: "/api/v1/changes" })).statusCode).toBe(401);
  });
});

describe("POST /api/v1/changes", () => {
  test("tells of a deployment, in the name of who sends it or of whom they say", async () => {
    const it = appWith();
    const sent = {
      what: "deployed 4.7.2",
      agents: ["billing", "billing"],
      version: "4.7.2",
      link: "https://ci.example/7",
    };
    expect((await tell(it, sent)).json()).toMatchObject({ words: "billing deployed 4.7.2, by operator" });
    expect((await tell(it, { ...sent, by: "CI" })).json()).toMatchObject({ by: "CI" });
    expect(it.told[0]).toMatchObject({ at: NOW, agents: ["billing"], version: "4.7.2", link: "https://ci.example/7" });
  });

  test.each<[string, unknown]>([
    ["nothing", {}],
    ["an agent that there is not", { what: "x", agents: ["nobody"] }],
    ["a link that is no page", { what: "x", link: "javascript:alert(1)" }],
    ["a time of last week", { what: "x", at: NOW - 7 * 86_400_000 }],
    ["a time that has not come", { what: "x", at: NOW + 3_600_000 }],
    ["a field that there is not", { what: "x", agent: "billing" }],
  ])("refuses %s", async (_, sent) => {
    const it = appWith();
    expect((await tell(it, sent)).statusCode).toBeGreaterThanOrEqual(400);
    expect(it.told).toEqual([]);
  });

  test("needs a key, an operator and a token that may change something", async () => {
    const it = appWith();
    expect((await tell(it, { what: "x" }, { key: "" })).json()).toMatchObject({ code: "invalid_input" });
    expect((await tell(it, { what: "x" }, { who: "viewer" })).statusCode).toBe(403);
    expect(it.told).toEqual([]);
  });
});
