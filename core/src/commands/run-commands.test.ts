import { beforeEach, describe, expect, test } from "vitest";
import type { ActCommand } from "../command.ts";
import { lookAt, named, runOn } from "../command-fixture.ts";
import { FakeFleet } from "../fleet-fixture.ts";
import type { DeclaredRun } from "../protocol/declared-run.ts";

const REPORT: DeclaredRun = {
  name: "monthly-report",
  about: "sums up one month",
  inputs: {
    month: { kind: "number", about: "which", required: true, whole: true, min: 1, max: 12 },
    size: { kind: "choice", about: "how much", required: false, choices: ["short", "full"] },
    draft: { kind: "flag", about: "not sent", required: false },
    title: { kind: "text", about: "above it", required: false },
  },
};
let fleet: FakeFleet;
beforeEach(() => {
  fleet = new FakeFleet("billing", "invoices");
  fleet.agent("billing").beat = { runs: [REPORT] };
});

const aim = (name: string, input: Record<string, unknown>) =>
  (named(name) as ActCommand).targets(input, fleet.reading());
const runNow = (inputs: readonly string[], change = {}) =>
  runOn(fleet, { name: "run-now", agent: "billing", input: { id: "billing", inputs }, id: "op-7", ...change });

describe("run-now", () => {
  test("gives the agent typed inputs and a run named after the operation", async () => {
    const { results, ending } = await runNow(["month=11", "size=short", "draft=true", "title=Black Friday"]);
    expect([ending, results[0]?.detail]).toEqual(["done", "follow it with `runs show run-op-7`"]);
    const inputs = { month: 11, size: "short", draft: true, title: "Black Friday" };
    expect(fleet.effects).toEqual([`run billing "monthly-report" "run-op-7" ${JSON.stringify(inputs)}`]);
  });

  test("after a crash begins no second run", async () => {
    const { ending } = await runNow(["month=1"], { crash: "begun" });
    expect([ending, fleet.effects.length]).toEqual(["done", 1]);
  });

  test("that the agent's ledger knows as begun is looked for among the runs, and else not known", async () => {
    fleet.agent("billing").answers = { run: { outcome: "repeated", detail: "begun at 2026-11-28T02:40:52.000Z" } };
    const { results, ending } = await runNow(["month=1"]);
    expect([ending, results[0]?.error]).toEqual([
      "unknown",
      "it is not known whether it began: begun at 2026-11-28T02:40:52.000Z",
    ]);
    const asked: string[] = [];
    const find = async (id: string) => {
      asked.push(id);
      return {} as never;
    };
    Object.assign(fleet.ports, { runs: { find } });
    expect((await runNow(["month=1"])).ending).toBe("done");
    expect(asked).toEqual(["run-op-7"]);
  });

  test.each([
    ["a missing input", [], "month is missing; it takes a whole number from 1 to 12"],
    [
      "an input that it does not have",
      ["month=1", "day=3"],
      "monthly-report has no input day; it has month, size, draft, title",
    ],
    ["a value out of range", ["month=13"], "month is 13; it takes a whole number from 1 to 12"],
    ["text for a number", ["month=May"], 'month is "May"; it takes a whole number from 1 to 12'],
    ["a choice that is none", ["month=1", "size=long"], 'size is "long"; it takes one of short, full'],
    ["a flag that is none", ["month=1", "draft=maybe"], 'draft is "maybe"; it takes true or false'],
    ["an input twice", ["month=1", "month=2"], "month is given twice"],
    ["no pair", ["month"], '"month" is no input; an input is name=value'],
    ["a name of every object", ["month=1", "toString=x"], "monthly-report has no input toString"],
  ])("with %s is refused before anything is accepted, and names what is allowed", async (_, inputs, message) => {
    const refused = aim("run-now", { id: "billing", inputs });
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toMatchObject({ code: "invalid_input", detail: { next: "Nothing was done." } });
    const { allowed } = (await refused.catch((error) => error)).detail;
    expect(allowed).toContain("size=one of short, full (may be left out)");
  });

  test("needs an agent that has runs, and the right one of several", async () => {
    await expect(aim("run-now", { id: "invoices" })).rejects.toThrow("invoices begins no runs on demand");
    fleet.agent("billing").beat = { runs: [REPORT, { ...REPORT, name: "yearly-report" }] };
    await expect(aim("run-now", { id: "billing" })).rejects.toThrow("say which with --run");
    await expect(aim("run-now", { id: "billing", run: "daily" })).rejects.toThrow('billing has no run "daily"');
    const chosen = await aim("run-now", { id: "billing", run: "yearly-report", inputs: ["month=1"] });
    expect(chosen.map(({ id }) => id)).toEqual(["billing"]);
  });

  test.each([["all"], ["@orders"], ["*"], ["billing,invoices"]])("takes one agent, not %s", async (id) => {
    await expect(aim("run-now", { id })).rejects.toThrow("A run takes one agent by its id.");
  });

  test("that the agent refuses is told with its reason", async () => {
    fleet.agent("billing").answers = { run: { outcome: "refused", detail: "it is paused and begins nothing new" } };
    const { results, ending } = await runNow(["month=1"]);
    expect([ending, results[0]?.error]).toEqual(["refused", "it is paused and begins nothing new"]);
  });
});

describe("scale", () => {
  test("of an agent of the built-in supervisor says that it cannot", async () => {
    await expect(aim("scale", { id: "billing", copies: 3 })).rejects.toThrow(
      "billing is kept by the built-in supervisor, which runs each agent once and cannot scale",
    );
  });

  test("of one that speaks the protocol says that a second process would fence the first", async () => {
    const agent = fleet.agent("billing");
    agent.expected = { ...agent.expected, runtime: { kind: "kubernetes", name: "billing" } };
    Object.assign(fleet.ports.supervisor, { scale: async () => undefined });
    await expect(aim("scale", { id: "billing", copies: 2 })).rejects.toThrow("a second one would fence it");
  });

  test("of one whose runtime can tells the runtime how many, and is done when so many are ready", async () => {
    const scaled: unknown[] = [];
    const seen = [null, { wanted: 3, existing: 3, ready: 1 }, { wanted: 3, existing: 3, ready: 3 }];
    const agent = fleet.agent("billing");
    agent.expected = { ...agent.expected, presence: "supervisor", runtime: { kind: "kubernetes", name: "billing" } };
    Object.assign(fleet.ports.supervisor, {
      scale: async (...order: unknown[]) => void scaled.push(order),
      copies: async () => seen.shift(),
    });
    expect((await aim("scale", { id: "billing", copies: 3 })).map(({ id }) => id)).toEqual(["billing"]);
    const said: string[] = [];
    const run = { name: "scale", agent: "billing", input: { id: "billing", copies: 3 } };
    const { results, ending } = await runOn(fleet, run, async (detail) => void said.push(detail));
    expect([ending, ...results.map(({ detail }) => detail)]).toEqual(["done", "3 copies wanted", "3 of 3 ready"]);
    expect(said).toEqual(["the runtime has not taken it up yet", "1 of 3 ready"]);
    expect(scaled).toEqual([["billing", { commandId: "op-1:billing:scale", copies: 3 }]]);
  });
});

describe("health-check", () => {
  const check = () => lookAt(fleet, { name: "health-check" });

  test("asks inboxes and own probes, and no work loop", async () => {
    fleet.agent("billing").beat = { health: true };
    fleet.agent("invoices").takesCanary = false;
    const { headline, context, lines } = await check();
    expect(headline).toBe("🟢 *2 of 2 pass their health check*");
    expect(context).toContain("1 own probe passed");
    expect(lines).toEqual([
      "🟢 *billing* process ✓ · heartbeat ✓ · inbox ✓ · probe ✓ its folder is writable",
      "🟢 *invoices* process ✓ · heartbeat ✓ · inbox ✓ · probe – none",
    ]);
  });

  test("a probe that fails fails the check, although the agent works", async () => {
    fleet.agent("billing").beat = { health: true };
    fleet.agent("billing").answers = { health: { outcome: "failed", detail: "the card network does not answer" } };
    const { headline, lines } = await check();
    expect(headline).toBe("🔴 *1 of 2 pass their health check* — billing probe failed");
    expect(lines[0]).toContain("probe ✗ the card network does not answer");
  });

  test("who is deaf or gone fails it, who is off on purpose is counted apart", async () => {
    fleet.agent("billing").answersEcho = false;
    expect((await check()).headline).toBe("🔴 *1 of 2 pass their health check* — billing deaf");
    fleet.agent("invoices").expected.desired = { state: "stopped", by: "x", since: 1, reason: null };
    fleet.kill("invoices");
    const { headline, data } = await check();
    expect(headline).toBe("🔴 *0 of 1 pass their health check* — billing deaf");
    expect((data as { agents: { check: string }[] }).agents.map((agent) => agent.check)).toEqual(["failed", "off"]);
  });

  test("while Redis is away nobody is called healthy", async () => {
    fleet.away.add("redis");
    expect((await check()).headline).toBe("❔ *Nobody knows who is healthy* — Redis does not answer");
  });
});
