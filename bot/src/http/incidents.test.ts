import { apiIncidentAnswer } from "@rollcall/core/incident-contract.ts";
import { type IncidentStage, openIncidentStage } from "@rollcall/test/incident-stage.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { callers, makeApp } from "./app-fixture.ts";

let stage: IncidentStage;
beforeAll(async () => {
  stage = await openIncidentStage("billing", "invoices");
});
afterAll(() => stage.store.close());
beforeEach(() => stage.clear());

function app() {
  const { incidents, incidentRecords, changes, clock } = stage.fleet.ports;
  const kept = { ...(incidentRecords && { incidentRecords }), ...(changes && { changes }) };
  return makeApp((deps) => ({ ...deps, ports: { ...deps.ports, incidents, clock, ...kept } }));
}
const get = (it: ReturnType<typeof app>, path: string, who: keyof typeof callers = "viewer") =>
  it.app.inject({ url: `/api/v1/incidents/${path}`, headers: callers[who] });

/** One that ended after a restart from its card. */
async function ended(): Promise<string> {
  const { id } = await stage.tell("a", { agent: "billing", began: 600 });
  const restart = await stage.accept("restart", { who: ["billing"] }, { agents: ["billing"], incidentId: id });
  await stage.end(restart.id, "recovered", 310);
  await stage.tell("a", { agent: "billing", began: 600, ended: 300 });
  return id;
}

describe("GET /api/v1/incidents/:id", () => {
  test("is the whole incident: its course, how long it took, what was done and what helped", async () => {
    const answer = await get(app(), await ended());
    expect(answer.statusCode).toBe(200);
    const { incident, timeline, times, operations, helped, links } = apiIncidentAnswer.parse(answer.json());
    expect(incident).toMatchObject({ id: "inc-1", state: "resolved" });
    expect(answer.body).not.toContain("groupKey");
    expect(timeline.map(({ kind }) => kind)).toEqual(["opened", "ordered", "done", "ended", "heard"]);
    expect(times).toMatchObject({ endedSeconds: 300, takenSeconds: null });
    expect(operations).toEqual([
      { id: "op-1", what: "restart of billing", ending: "recovered", by: "Operator on call" },
    ]);
    expect(helped).toBe("restart of billing (op-1)");
    expect(links.postMortem).toBe("/api/v1/incidents/inc-1/post-mortem?format=md");
  });

  test("says who opened by hand, who closed, and why", async () => {
    await stage.run(
      await stage.accept("incident-open", { what: "prices are stale" }, { agents: ['"prices are stale"'] }),
    );
    const input = { alert: "inc-1", text: "the feed hung" };
    await stage.run(await stage.accept("incident-close", input, { incidentId: "inc-1" }));
    const { incident } = apiIncidentAnswer.parse((await get(app(), "inc-1")).json());
    expect(incident).toMatchObject({
      openedBy: { id: "operator", name: "Operator on call" },
      closed: { cause: "the feed hung", helped: null },
    });
  });

  test.each([
    ["inc-99", 404],
    ["seven", 400],
    ["inc-1?full=1", 400],
  ])("%s is %i", async (path, status) => {
    expect((await get(app(), path)).statusCode).toBe(status);
  });

  test("is not for whom no role is known", async () => {
    expect((await get(app(), await ended(), "roleless")).statusCode).toBe(403);
    expect((await get(app(), "inc-1/post-mortem", "roleless")).statusCode).toBe(403);
  });
});

describe("GET /api/v1/incidents/:id/post-mortem", () => {
  test("is a file in Markdown, and who fetches it is written down before", async () => {
    const it = app();
    const answer = await get(it, `${await ended()}/post-mortem?format=md`);
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([200, "text/markdown; charset=utf-8"]);
    expect(answer.headers["content-disposition"]).toBe('attachment; filename="inc-1-post-mortem.md"');
    expect(answer.body).toContain("| Time to restore | 5 min |");
    expect(it.seen.audit).toMatchObject([
      { event: "export", actor: "viewer", command: "post-mortem", detail: { incident: "inc-1" } },
    ]);
  });

  test("is had in no other form", async () => {
    expect((await get(app(), "inc-1/post-mortem?format=pdf")).statusCode).toBe(400);
  });
});
