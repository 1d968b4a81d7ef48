import { beforeEach, describe, expect, test } from "vitest";
import type { CommandAnswer, CommandRequest, PlanAnswer } from "./run-command.ts";
import { runCommand } from "./run-command.ts";
import { actorOf, ask, type CommandStage, stageCommands } from "./run-command-fixture.ts";

let stage: CommandStage;
beforeEach(() => {
  stage = stageCommands();
});

const TWO = { input: { who: ["invoices", "agent-1"] } };
let keys = 0;
const run = (changes: Partial<CommandRequest>): Promise<CommandAnswer> => {
  keys += 1;
  return runCommand(ask({ idempotencyKey: `key-${keys}`, ...changes }), stage.engine);
};

async function planFor(changes: Partial<CommandRequest> = TWO): Promise<PlanAnswer> {
  const answer = await run(changes);
  if (answer.kind !== "plan") throw new Error(`no plan, but ${answer.kind}`);
  return answer;
}

const tokenFor = async (changes?: Partial<CommandRequest>): Promise<string> => {
  const { confirm } = await planFor(changes);
  if (confirm === null) throw new Error("nothing confirms it");
  return confirm.token;
};

const confirmed = (confirm: string, changes: Partial<CommandRequest> = {}) => run({ input: {}, confirm, ...changes });

describe("a plan comes back in place of the deed", () => {
  test.each([
    ["about more than one agent", TWO],
    ["about a P0 agent that works", { input: { who: ["billing"] } }],
  ])("for what is %s", async (_, changes) => {
    expect((await planFor(changes)).confirm?.expiresAt).toBe(stage.fleet.now + 300_000);
    expect(stage.accepted).toEqual([]);
    expect(stage.fleet.plans.audited).toMatchObject([{ event: "plan", action: "shown", actor: "olga" }]);
  });

  test("but not for one agent that was named", async () => {
    expect(await run({ input: { who: ["invoices"] } })).toMatchObject({ kind: "act" });
  });

  test("and not for what is no person: a schedule reads no plan", async () => {
    const schedule = { ...actorOf("operator"), id: "schedule:nightly", person: false };
    expect(await run({ ...TWO, actor: schedule })).toMatchObject({ kind: "act" });
  });

  test("but not for who may not do it: that is a refusal", async () => {
    await expect(run({ ...TWO, actor: actorOf("viewer") })).rejects.toMatchObject({ code: "forbidden" });
  });

  test("says who it touches, what they do, in which batches, and who has to agree", async () => {
    const { plan } = await planFor({ input: { who: ["billing", "invoices"] } });
    expect(plan).toMatchObject({
      ...{ command: "restart", subjects: ["billing", "invoices"], fleetSize: 22, batches: [["invoices", "billing"]] },
      targets: [
        { agent: "billing", verdict: "working", epoch: 5, version: "1.0.0", inFlight: 0, waiting: 65 },
        { agent: "invoices" },
      ],
      secondPerson: { rule: "p0-working", whoCan: ["Adam"] },
    });
  });
});

describe("a dry run", () => {
  test("shows the plan of one agent too, confirms nothing, and needs no key", async () => {
    const answer = await run({ dryRun: true, input: { who: ["invoices"] }, idempotencyKey: null });
    expect(answer).toMatchObject({ kind: "plan", confirm: null, plan: { subjects: ["invoices"], secondPerson: null } });
    expect([stage.accepted, stage.audited, stage.fleet.plans.rows.size]).toEqual([[], [], 0]);
  });

  test("is refused to who may not do it", async () => {
    await expect(run({ dryRun: true, actor: actorOf("viewer") })).rejects.toMatchObject({ code: "forbidden" });
  });
});

describe("confirming a plan", () => {
  test("does what it said, with the plan named in the audit", async () => {
    expect(await confirmed(await tokenFor({ ...TWO, reason: "new release" }))).toMatchObject({ kind: "act" });
    expect(stage.accepted).toMatchObject([
      {
        agents: ["invoices", "agent-1"],
        reason: "new release",
        confirms: { plan: "plan-1", audit: { event: "plan" } },
      },
    ]);
  });

  test("asks a second person where one is needed, bound to the same plan", async () => {
    const token = await tokenFor({ input: { who: ["billing"] } });
    await expect(confirmed(token)).rejects.toMatchObject({ detail: { rule: "reason-needed" } });
    const answer = await confirmed(token, { reason: "it leaks" });
    const [offered] = [...stage.fleet.plans.rows.values()];
    expect(answer).toMatchObject({ kind: "request", request: { hash: offered?.hash, plan: { command: "restart" } } });
  });

  test("twice is refused with what it became", async () => {
    const token = await tokenFor();
    await confirmed(token);
    await expect(confirmed(token)).rejects.toMatchObject({
      code: "conflict",
      detail: { rule: "plan-used", found: "op-1" },
    });
    expect(stage.accepted).toHaveLength(1);
  });

  test("after five minutes is refused", async () => {
    const token = await tokenFor();
    stage.fleet.now += 300_000;
    await expect(confirmed(token)).rejects.toMatchObject({
      ...{ code: "expired", message: "The five minutes of this plan are over. Nothing was done." },
    });
    expect(stage.accepted).toEqual([]);
  });

  test("by somebody else is refused, and that is written down", async () => {
    const token = await tokenFor();
    await expect(confirmed(token, { actor: { ...actorOf("operator"), id: "otto" } })).rejects.toMatchObject({
      ...{ code: "forbidden", detail: { rule: "plan-of-another" } },
    });
    expect(stage.accepted).toEqual([]);
    expect(stage.audited.at(-1)).toMatchObject({ decision: "refused", rule: "plan-of-another", actor: "otto" });
  });

  test.each([
    ["for another command", { command: "ack", input: { alert: "inc-1" } }, "plan-of-another-wish"],
    ["with another input", { input: { who: ["invoices"] } }, "plan-of-another-wish"],
  ])("%s is refused", async (_, changes, rule) => {
    await expect(confirmed(await tokenFor(), changes)).rejects.toMatchObject({ detail: { rule } });
    expect(stage.accepted).toEqual([]);
  });

  test("with a token that was made up is refused", async () => {
    await expect(confirmed("plan_guess")).rejects.toMatchObject({ code: "not_found" });
  });

  test("of who has lost the right meanwhile is refused", async () => {
    const token = await tokenFor();
    await expect(confirmed(token, { actor: actorOf("viewer") })).rejects.toMatchObject({ code: "forbidden" });
    expect(stage.accepted).toEqual([]);
  });
});

describe("a fleet that has changed since", () => {
  test.each([
    [
      "an agent was restarted",
      () => Object.assign(stage.fleet.agent("invoices"), { epoch: 6 }),
      /invoices restarted at/,
    ],
    [
      "another version runs",
      () => Object.assign(stage.fleet.agent("invoices"), { beat: { version: "2" } }),
      /runs 2, not 1.0.0/,
    ],
    ["an agent is gone", () => stage.fleet.kill("invoices"), /invoices is gone now, it was working/],
  ])("makes a new plan and nothing is done: %s", async (_, change, words) => {
    const token = await tokenFor();
    change();
    const answer = await confirmed(token);
    expect(answer).toMatchObject({ kind: "plan", changed: expect.stringMatching(words) });
    expect(answer).toMatchObject({ changed: expect.stringMatching(/^Plan changed: .*\. Nothing was done\.$/) });
    expect(stage.accepted).toEqual([]);
    await expect(confirmed(token)).rejects.toMatchObject({ detail: { rule: "plan-used" } });
    const next = answer.kind === "plan" ? (answer.confirm?.token ?? "") : "";
    expect(await confirmed(next)).toMatchObject({ kind: "act" });
  });

  test("in what waits and how old it is, is still the same", async () => {
    const token = await tokenFor();
    stage.fleet.now += 60_000;
    Object.assign(stage.fleet.agent("invoices").beat, { inFlight: 1, oldestInFlightAt: stage.fleet.now - 1000 });
    expect(await confirmed(token)).toMatchObject({ kind: "act" });
  });
});
