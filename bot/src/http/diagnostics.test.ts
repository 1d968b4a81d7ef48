import { apiDiagnosticRun, apiDiagnosticRuns, apiDiagnostics } from "@rollcall/core/contract.ts";
import { plannedStages } from "@rollcall/core/domain/operation.ts";
import { describe, expect, test } from "vitest";
import { callers, makeApp, operationOf } from "./app-fixture.ts";

const targets = [
  { agent: "redis-answers", ending: "done" as const, memory: { evidence: "answered in 2 ms", next: null } },
  {
    agent: "heartbeats-fresh",
    ending: "failed" as const,
    memory: { evidence: "1 of 2 do not beat", next: "roll-call" },
  },
].map((target) => {
  const state = target.ending === "done" ? ("done" as const) : ("failed" as const);
  const stages = plannedStages(["check"]).map((stage) => ({ ...stage, state, startedAt: 1000, endedAt: 3000 }));
  return { ...target, stages };
});
const ran = operationOf({ command: "diag-run", input: { suite: "smoke" }, state: "ended", ending: "partly", targets });

function get(url: string, headers: Record<string, string> | undefined = callers.viewer) {
  const { app } = makeApp((deps) => ({
    ...deps,
    ports: {
      ...deps.ports,
      operations: {
        ...deps.ports.operations,
        find: async (id) => (id === "op-7" ? ran : id === "op-8" ? operationOf({ id }) : null),
        list: async ({ command }) => (command === "diag-run" ? [ran] : []),
      },
    },
  }));
  return app.inject({ url: `/api/v1${url}`, headers });
}

describe("diagnostics over HTTP", () => {
  test("the catalogue lists every check with its suites", async () => {
    const { diagnostics } = apiDiagnostics.parse((await get("/diagnostics")).json());
    expect(diagnostics.find(({ name }) => name === "redis-answers")).toEqual({
      ...{ name: "redis-answers", summary: "Redis answers within a second", timeoutSeconds: 5 },
      suites: ["smoke", "full"],
    });
  });

  test("runs are listed, and one is shown with evidence and what to type", async () => {
    const { runs } = apiDiagnosticRuns.parse((await get("/diagnostics/runs")).json());
    const one = apiDiagnosticRun.parse((await get("/diagnostics/runs/op-7")).json());
    expect(runs).toEqual([one]);
    expect(one).toMatchObject({ id: "op-7", suite: "smoke", state: "failed", passed: 1, failed: 1, total: 2 });
    expect(one.checks[1]).toEqual({
      ...{ name: "heartbeats-fresh", state: "failed", seconds: 2 },
      ...{ evidence: ["1 of 2 do not beat"], next: "roll-call" },
    });
  });

  test.each([
    ["/diagnostics/runs/op-8", "of another command"],
    ["/diagnostics/runs/op-9", "that never was"],
  ])("%s is a run %s: 404", async (url) => {
    expect((await get(url)).statusCode).toBe(404);
  });

  test("nobody reads them without a token, and the document describes them", async () => {
    const { app } = makeApp();
    expect((await app.inject({ url: "/api/v1/diagnostics/runs" })).statusCode).toBe(401);
    const { paths } = (await app.inject({ url: "/api/v1/openapi.json" })).json();
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(["/api/v1/diagnostics", "/api/v1/diagnostics/runs", "/api/v1/diagnostics/runs/{id}"]),
    );
  });
});
