import { apiAudit, apiGateway, apiIncidents } from "@rollcall/core/contract.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { apiOperations } from "@rollcall/core/operation-contract.ts";
import { describe, expect, test } from "vitest";
import { callers, makeApp, NOW } from "./app-fixture.ts";

const get = async (url: string) => makeApp().app.inject({ url: `/api/v1${url}`, headers: callers.viewer });

describe("GET /api/v1/", () => {
  test("says what this is, how the services are that it found, and links to everything", async () => {
    const slack = {
      name: "slack",
      required: false,
      state: "down" as const,
      detail: "no answer",
      since: 1,
      checkedAt: 2,
    };
    const { app } = makeApp((deps) => ({ ...deps, readiness: () => ({ ready: true, dependencies: [slack] }) }));
    const gateway = apiGateway.parse((await app.inject({ url: "/api/v1/", headers: callers.viewer })).json());
    expect(gateway).toMatchObject({
      name: "rollcall",
      version: "0.1.0",
      fleet: "demo",
      ready: true,
      services: [slack],
    });
    const { live, liveSocket, ...links } = gateway.links;
    // Streams have no end to wait for; their own tests follow them.
    expect([live, liveSocket]).toEqual(["/api/v1/live", "/api/v1/live/socket"]);
    for (const link of Object.values(links)) {
      const answer = await app.inject({ url: link, headers: callers.viewer });
      expect([link, answer.statusCode]).toEqual([link, 200]);
    }
  });
});

describe("operations, incidents and audit", () => {
  test("operations are listed newest first, and one is shown stage by stage", async () => {
    const { operations } = apiOperations.parse((await get("/operations?running=true&agent=billing&limit=5")).json());
    expect(operations).toMatchObject([{ id: "op-7", actor: { id: "operator" } }]);
    expect((await get("/operations/op-7")).json()).toMatchObject({
      operation: { targets: [{ agent: "billing", stages: [{ name: "sent", state: "next" }, { name: "stopped" }] }] },
    });
  });

  test.each([
    ["/operations/op-8", 404],
    ["/operations/8", 400],
    ["/operations/op-1%20or%201=1", 400],
    ["/operations?running=yes", 400],
    ["/audit?limit=201", 400],
    ["/audit?operation=7", 400],
    ["/incidents?agent=*", 400],
    ["/incidents?state=closed", 400],
    ["/incidents?state=resolved&agent=billing", 400],
  ])("%s is %i", async (url, status) => {
    expect((await get(url)).statusCode).toBe(status);
  });

  test("open incidents are listed without what only we need", async () => {
    const answer = await get("/incidents?agent=billing");
    expect(apiIncidents.parse(answer.json())).toMatchObject({
      asOf: NOW,
      incidents: [{ id: "inc-3", criticality: "P0" }],
    });
    expect(answer.body).not.toContain("groupKey");
    expect((await get("/incidents")).statusCode).toBe(200);
  });

  test("those that have ended are listed apart", async () => {
    const { incidents } = apiIncidents.parse((await get("/incidents?state=resolved")).json());
    expect(incidents).toMatchObject([{ id: "inc-2", state: "resolved" }]);
  });

  test("audit rows are newest first, as many as asked", async () => {
    const { rows } = apiAudit.parse((await get("/audit?limit=1&actor=viewer&target=billing&operation=op-7")).json());
    expect(rows).toMatchObject([{ seq: 2, rule: "role-operator" }]);
  });

  test("are 503 while PostgreSQL is away", async () => {
    const away = async (): Promise<never> => {
      throw new Failure("unavailable", "PostgreSQL does not answer");
    };
    const { app } = makeApp((deps) => ({
      ...deps,
      ports: {
        ...deps.ports,
        operations: { find: away, list: away, history: away },
        incidents: { ...deps.ports.incidents, open: away },
        audit: { ...deps.ports.audit, search: away },
      },
    }));
    for (const url of ["/operations", "/operations/op-7", "/incidents", "/audit"]) {
      const answer = await app.inject({ url: `/api/v1${url}`, headers: callers.viewer });
      expect([url, answer.statusCode]).toEqual([url, 503]);
    }
  });
});

describe("pages that messages link to", () => {
  test("say where an agent's or an operation's state is shown, and tell no state to who has no token", async () => {
    const { app } = makeApp();
    const agent = await app.inject({ url: "/agents/billing?at=1795000000" });
    expect(agent.statusCode).toBe(200);
    expect(agent.headers["content-type"]).toContain("text/html");
    expect(agent.body).toContain("/fleet agent billing");
    expect(agent.body).not.toMatch(/gone|critical/);
    expect((await app.inject({ url: "/operations/op-7" })).body).toContain("GET /api/v1/operations/op-7");
  });

  test.each([
    "/agents/<script>",
    "/agents/billing?at=now",
    "/operations/7",
    "/runbooks/nobody.md",
    "/runbooks/..%2fpackage.json",
  ])("%s is refused", async (url) => {
    const { app } = makeApp();
    expect([400, 404]).toContain((await app.inject({ url })).statusCode);
  });

  test("runbooks are shown as text", async () => {
    const { mkdtemp, rm, writeFile } = await import("node:fs/promises");
    const runbookDir = await mkdtemp(`${(await import("node:os")).tmpdir()}/runbooks-`);
    await writeFile(`${runbookDir}/agent-gone.md`, "# An agent is gone\n");
    const { app } = makeApp((deps) => ({ ...deps, runbookDir }));
    const answer = await app.inject({ url: "/runbooks/agent-gone.md" });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(answer.body).toBe("# An agent is gone\n");
    await rm(runbookDir, { recursive: true });
    await writeFile(runbookDir, "not a folder");
    expect((await app.inject({ url: "/runbooks/agent-gone.md" })).statusCode).toBe(500);
    await rm(runbookDir);
  });
});
