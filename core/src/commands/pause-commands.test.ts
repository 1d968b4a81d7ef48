import { beforeEach, describe, expect, test } from "vitest";
import type { ActCommand } from "../command.ts";
import { lookAt, named, type Ran, type Run, runOn } from "../command-fixture.ts";
import { FakeFleet } from "../fleet-fixture.ts";

let fleet: FakeFleet;
beforeEach(() => {
  fleet = new FakeFleet("billing", "invoices", "order-validator");
});

const run = (name: string, agent: string, change: Partial<Run> = {}): Promise<Ran> =>
  runOn(fleet, { input: { who: [agent] }, ...change, name, agent });
const wanted = (id: string) => fleet.agent(id).expected.desired;
const targetsOf = (name: string, input: Record<string, unknown>) =>
  (named(name) as ActCommand).targets(input, fleet.reading());

describe("pause", () => {
  test("wants the agent paused first, and then tells it", async () => {
    const { results, ending } = await run("pause", "billing", { reason: "token" });
    expect(ending).toBe("done");
    expect(results.map(({ state }) => state)).toEqual(["done", "done"]);
    expect(fleet.effects).toEqual(["desired billing paused", "pause billing"]);
    expect(wanted("billing")).toMatchObject({ state: "paused", by: "Operator on call", reason: "token" });
  });

  test("with a time ends by itself, counted from when it was asked", async () => {
    const until = fleet.now + 2 * 3_600_000;
    await run("pause", "billing", { input: { who: ["billing"], time: "2h" }, createdAt: fleet.now, crash: "sent" });
    expect(wanted("billing").until).toBe(until);
    const { lines } = await lookAt(fleet, { name: "status" });
    expect(lines.join(" ")).toContain("*billing* paused by Operator on call since T0 until T7200");
  });

  test("goes on after a crash with one effect", async () => {
    expect((await run("pause", "billing", { crash: "paused" })).ending).toBe("done");
    expect(fleet.effects).toEqual(["desired billing paused", "pause billing"]);
  });

  test("takes the agent out of the sick and counts it apart", async () => {
    await run("pause", "billing");
    const { headline, lines } = await lookAt(fleet, { name: "status" });
    expect(headline).toBe("🟢 *2 of 2 work*");
    expect(lines[0]).toBe("3 expected · 2 healthy · 1 off");
  });

  test.each([
    ["is of an older protocol", { minor: 2 }, "billing speaks protocol 1.2; pause is not supported before 1.3"],
    ["names no minor version", { minor: undefined }, "billing speaks protocol 1.0; pause is not supported before 1.3"],
  ])("of one that %s is refused, and nothing is wanted of it", async (_, beat, error) => {
    fleet.agent("billing").beat = beat as never;
    const { results, ending } = await run("pause", "billing");
    expect([ending, results[0]?.error]).toEqual(["failed", `${error}. Nothing was done.`]);
    expect(fleet.effects).toEqual([]);
  });

  test("of one that is gone is refused, or its alert would be hidden", async () => {
    fleet.kill("billing");
    const { results } = await run("pause", "billing");
    expect(results[0]?.error).toBe("billing has no fresh heartbeat, so nobody can tell it to pause. Nothing was done.");
    expect(wanted("billing").state).toBe("running");
  });

  test("of one that does not answer stays wanted, and says so", async () => {
    fleet.agent("billing").answersEcho = false;
    const { results, ending } = await run("pause", "billing");
    expect([ending, results[1]?.error]).toEqual([
      "unknown",
      "billing did not answer in 5 s; it stays wanted paused, and is told again",
    ]);
    expect(wanted("billing").state).toBe("paused");
  });

  test("of a stopped one changes nothing", async () => {
    await run("stop", "billing");
    const { results, ending } = await run("pause", "billing", { id: "op-2" });
    expect([ending, results[0]?.detail, wanted("billing").state]).toEqual([
      "done",
      "is stopped, so it takes no work",
      "stopped",
    ]);
  });

  test("takes at most 30 days, and names whom", async () => {
    await expect(targetsOf("pause", { who: ["billing"], time: "31d" })).rejects.toThrow("at most 30d is allowed");
    await expect(targetsOf("pause", { who: [] })).rejects.toThrow("Pause whom?");
    expect((await targetsOf("pause", { who: ["@orders", "!billing"] })).map(({ id }) => id)).toEqual([
      "invoices",
      "order-validator",
    ]);
  });
});

describe("resume", () => {
  test("lets a paused agent work again and proves it", async () => {
    await run("pause", "billing");
    const { results, ending } = await run("resume", "billing", { id: "op-2" });
    expect([ending, results.map(({ state }) => state)]).toEqual(["done", ["done", "done"]]);
    expect(fleet.effects.slice(2)).toEqual(["desired billing running", "resume billing"]);
  });

  test("of one that was not paused tells it nothing", async () => {
    const { results, ending } = await run("resume", "billing");
    expect([ending, results[0]?.detail, fleet.effects]).toEqual(["done", "was not paused", []]);
  });

  test("starts nothing that is stopped", async () => {
    await run("stop", "billing");
    const { results } = await run("resume", "billing", { id: "op-2" });
    expect(results[0]?.error).toBe("billing is stopped, not paused; `start billing` starts it");
    expect(wanted("billing").state).toBe("stopped");
  });

  test("of one that has gone meanwhile lets its alert ring", async () => {
    await run("pause", "billing");
    fleet.kill("billing");
    const { results, ending } = await run("resume", "billing", { id: "op-2" });
    expect([ending, wanted("billing").state]).toEqual(["failed", "running"]);
    expect(results[0]?.error).toContain("`restart billing` starts it");
  });
});

describe("restart and start of a paused agent", () => {
  test.each([["restart"], ["start"]])("%s leaves it wanted paused", async (name) => {
    await run("pause", "billing");
    await run(name, "billing", { id: "op-2" });
    expect(wanted("billing").state).toBe("paused");
  });
});

describe("drain", () => {
  test("wants it stopped, waits while fewer and fewer items are in hand, and it ends by itself", async () => {
    fleet.agent("billing").drains = [3, 3, 1, 0];
    const { results, ending } = await run("drain", "billing");
    expect([ending, results.map(({ state }) => state)]).toEqual(["done", ["done", "done", "done"]]);
    expect(fleet.effects).toEqual(["desired billing stopped", "drain billing"]);
    expect(fleet.agent("billing").state).toBe("exited");
  });

  test("says meanwhile how many are left", async () => {
    fleet.agent("billing").drains = [2, 2, 1, 0];
    const said: string[] = [];
    const say = async (words: string) => void said.push(words);
    await runOn(fleet, { name: "drain", agent: "billing", input: { who: ["billing"] } }, say);
    expect(said).toEqual(["2 items in hand", "1 item in hand"]);
  });

  test("of one that is gone keeps it so", async () => {
    fleet.kill("billing");
    const { results, ending } = await run("drain", "billing");
    expect([ending, results.map(({ detail }) => detail)]).toEqual(["done", [undefined, "was gone", "was gone"]]);
    expect(fleet.effects).toEqual(["desired billing stopped"]);
  });

  test("of one that cannot be told names what works instead", async () => {
    fleet.agent("billing").beat = { minor: 1 };
    const { results } = await run("drain", "billing");
    expect(results[0]?.error).toBe(
      "billing speaks protocol 1.1; drain is not supported before 1.3. Nothing was done. `stop billing` stops it at once",
    );
    expect(fleet.effects).toEqual([]);
  });
});
