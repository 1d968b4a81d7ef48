import { beforeEach, describe, expect, test } from "vitest";
import { lookAt } from "../command-fixture.ts";
import type { Actor } from "../domain/actor.ts";
import { OPERATOR, operationOf, targetOf } from "../fake-agent-fixture.ts";
import { FakeFleet } from "../fleet-fixture.ts";
import { NO_RULES } from "../policy-rules.ts";

const VIEWER: Actor = { ...OPERATOR, id: "vera", name: "Vera", role: "viewer" };
let fleet: FakeFleet;
beforeEach(() => {
  fleet = new FakeFleet("billing", "shipping", "status");
  const adam = { id: "adam", name: "Adam", mails: [], slack: [], role: "admin" as const };
  Object.assign(fleet.ports, { directory: { ...fleet.ports.directory, withRole: () => [adam] } });
});
const why = (about: string, who: readonly string[] = [], actor = OPERATOR) =>
  lookAt(fleet, { name: "why", input: { about, who }, actor });

describe("why ID", () => {
  test("says what is wrong, since when, on what evidence, and what is done about it", async () => {
    fleet.kill("billing");
    fleet.agent("billing").lastErrors = ["cannot read key.pem"];
    fleet.fire("inc-7", "billing");
    const { headline, lines, actions } = await why("billing");
    expect(headline).toContain("🔴 *billing* gone since T-60");
    expect(lines).toEqual([
      "process ✗ · heartbeat ✗ 60 s old · inbox – · canary – · pace –",
      "process billing, ended: exit 137 at T-60",
      "> cannot read key.pem",
      "Waiting 64, 64 of them in stock.reserved",
      "AgentGone fires since T-5 (inc-7), nobody has it",
      "Nothing is being done about it",
      "It was never restarted from here",
    ]);
    expect(actions.map(({ label }) => label)).toEqual(["Roll call", "Restart billing", "Show"]);
  });

  test("works while PostgreSQL is away, and says what is not known", async () => {
    fleet.away.add("postgres");
    const { lines } = await why("billing");
    expect(lines).toEqual(expect.arrayContaining(["Whether an alert fires is not known"]));
  });

  test("names near agents for one that there is not", async () => {
    await expect(why("bilingg")).rejects.toMatchObject({ code: "unknown_agent", detail: { allowed: ["billing"] } });
  });
});

describe("why COMMAND ID", () => {
  test("says that I may, by which rule and from where", async () => {
    const { headline, context, lines, data } = await why("restart", ["billing"]);
    expect(headline).toBe("✓ *You may restart billing*");
    expect(context).toBe("rule role-operator · needs operator, danger 2 of 3 · as of T0");
    expect(lines).toEqual([
      "Operator from access.yaml is enough.",
      "access.yaml, known 0 s ago",
      "Nothing else works on it now",
    ]);
    expect(data).toMatchObject({ command: "restart", targets: ["billing"], allowed: true });
  });

  test("says that I may not, and who can do it now", async () => {
    const { headline, lines } = await why("restart", ["billing"], VIEWER);
    expect(headline).toBe("🚫 *You may not restart billing*");
    expect(lines.slice(0, 2)).toEqual([
      "Restart needs operator; you are viewer from access.yaml.",
      "Can do it now: Adam",
    ]);
  });

  test("says what would need a second person, and who could be that", async () => {
    fleet.agent("billing").expected = { ...fleet.agent("billing").expected, criticality: "P0" };
    const { headline, lines } = await why("restart", ["billing"]);
    expect(headline).toBe("✋ *restart billing needs a second person*");
    expect(lines.slice(0, 3)).toEqual([
      "P0 agent billing works, so it needs a second person.",
      "Looking is open to you: agent, roll-call, status.",
      "Can agree to it now: Adam",
    ]);
  });

  test("says which scope keeps an agent out", async () => {
    const scope = { id: "payments-only", who: ["operator"], commands: ["*"], agents: ["billing"] };
    Object.assign(fleet.ports, { rules: { current: () => ({ ...NO_RULES, scopes: [scope] }) } });
    const { headline, context } = await why("restart", ["shipping"]);
    expect([headline, context]).toEqual([
      "🚫 *You may not restart shipping*",
      "rule scope · needs operator, danger 2 of 3 · as of T0",
    ]);
  });

  test("says who works on it now", async () => {
    fleet.running.push({ ...operationOf(fleet.now), id: "op-4", targets: [targetOf("billing")] });
    const { lines } = await why("stop", ["billing"]);
    expect(lines).toContain("🔒 Taken by op-4 (restart by Operator on call) until that has ended");
  });

  test("without an agent it is about the person alone; a name of two words is one command", async () => {
    expect((await why("drill")).headline).toMatch(/^✓ \*You may drill\*|^🚫 \*You may not drill\*/);
    expect((await why("diag", ["run", "smoke"])).headline).toBe("✓ *You may diag-run smoke*");
  });

  test("an agent that is called like a command is the agent, unless words follow", async () => {
    expect((await why("status")).headline).toContain("*status* working");
    expect((await why("status", ["billing"])).headline).toBe("✓ *You may status billing*");
  });

  test("says how far it got when the words do not fit the command, and does nothing", async () => {
    const { lines } = await why("restart", ["bilingg"]);
    expect(lines.at(-1)).toMatch(/^This far only, because: "bilingg" is no agent/);
    expect(fleet.effects).toEqual([]);
  });
});
