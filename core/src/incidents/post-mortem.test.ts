import { type IncidentStage, openIncidentStage } from "@rollcall/test/incident-stage.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ReadCommand } from "../command.ts";
import { named } from "../command-fixture.ts";
import { Failure } from "../domain/failure.ts";
import { gatherIncident } from "./gather-incident.ts";
import { postMortem } from "./post-mortem.ts";

let stage: IncidentStage;
beforeAll(async () => {
  stage = await openIncidentStage("billing");
});
afterAll(() => stage.store.close());
beforeEach(() => stage.clear());

const write = async (id: string): Promise<string> => postMortem(await gatherIncident(id, stage.fleet.ports));
/** The lines below a heading. */
const below = (text: string, heading: string): string => text.split(`## ${heading}\n\n`)[1]?.split("\n\n## ")[0] ?? "";
const at = (secondsAgo: number): string =>
  new Date(stage.fleet.now - secondsAgo * 1000).toISOString().slice(0, 19).replace("T", " ");

async function ended(): Promise<string> {
  const { id } = await stage.tell("a", { agent: "billing", began: 600 });
  await stage.fleet.ports.incidents.acknowledge(id, { id: "operator", name: "Olga", slackUser: null }, null);
  const restart = await stage.accept("restart", { who: ["billing"] }, { agents: ["billing"], incidentId: id });
  await stage.end(restart.id, "recovered", 310);
  await stage.tell("a", { agent: "billing", began: 600, ended: 300 });
  return id;
}

describe("a post-mortem", () => {
  test("has the facts: times, who had it, how long each took, what was done and how that ended", async () => {
    const text = await write(await ended());
    expect(text.split("\n")[0]).toBe("# Post-mortem of inc-1: AgentGone, billing");
    const facts = below(text, "Facts");
    expect(facts).toContain("| Severity | P1 |");
    expect(facts).toContain(`| Began | ${at(600)} |`);
    expect(facts).toContain("| Time to detect | 10 min |");
    expect(facts).toMatch(/\| Taken \| by Olga, \d{4}-/);
    expect(facts).toContain(`| Ended | ${at(300)} |`);
    expect(facts).toContain("| Time to restore | 5 min |");
    expect(facts).toContain("| Helped | restart of billing \\(op-1\\) |");
    expect(below(text, "What was done")).toContain("| op-1 | restart of billing | Operator on call |");
    expect(below(text, "What was done")).toContain("| recovered | 38 s |");
    expect(below(text, "Timeline")).toContain(`| ${at(300)} | over after 5 min |`);
    expect(below(text, "What people outside felt")).toContain("- billing: nothing goes on when it does not work");
  });

  test("leaves what only people know to people", async () => {
    const text = await write(await ended());
    for (const heading of ["Summary", "Cause", "What went well", "What went badly"])
      expect(below(text, heading)).toBe("_To be written by those who were there._");
  });

  test("shows the first errors of its agents, oldest first, and none of others or of before", async () => {
    const line = (text: string, secondsAgo: number, source = "billing") => ({
      ...{ source, kind: "agent" as const, at: stage.fleet.now - secondsAgo * 1000, level: "error" as const, text },
      ...{ trace: null, run: null, operation: null, fields: {} },
    });
    const lines = [line("second", 500), line("first", 700), line("too early", 5000), line("another", 500, "invoices")];
    await stage.fleet.ports.logs?.keep({ source: `t-${Date.now()}`, before: null, after: "x", lines });
    expect(
      below(await write(await ended()), "Errors in the logs")
        .split("\n")
        .slice(2),
    ).toEqual([`- ${at(700)} billing: first`, `- ${at(500)} billing: second`]);
  });

  test("what somebody wrote is never markup, a row of a table, or a second line", async () => {
    const id = await ended();
    const text = "a | b\n# heading <script>alert(1)</script> [x](http://x) `c` **d** &lt;";
    await stage.run(await stage.accept("incident-note", { alert: id, text }, { incidentId: id }));
    const notes = below(await write(id), "Notes");
    expect(notes.split("\n")).toHaveLength(1);
    expect(notes).toContain(
      "a \\| b \\# heading \\<script\\>alert\\(1\\)\\</script\\> \\[x\\]\\(http://x\\) \\`c\\` \\*\\*d\\*\\* &amp;lt;",
    );
  });

  test("says what is not known when logs and changes cannot be read, and has the rest", async () => {
    const id = await ended();
    const away = () => Promise.reject(new Failure("unavailable", "away"));
    const ports = { ...stage.fleet.ports, logs: { search: away }, changes: { list: away } };
    const text = postMortem(await gatherIncident(id, ports as unknown as typeof stage.fleet.ports));
    expect(below(text, "Errors in the logs")).toContain("Not known");
    expect(below(text, "What changed in the 30 minutes before")).toContain("Not known");
    expect(below(text, "Facts")).toContain("| State | ended |");
  });

  test("is a file behind every door", async () => {
    const id = await ended();
    const { file } = await (named("post-mortem") as ReadCommand).run({ id }, stage.fleet.reading());
    expect(file).toMatchObject({ name: "inc-1-post-mortem.md", text: expect.stringContaining("## Timeline") });
  });
});
